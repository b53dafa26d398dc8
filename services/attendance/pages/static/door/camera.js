// QR codes from the camera: by the browser's BarcodeDetector, or by the vendored jsQR where there is none.
"use strict";
self.Door = self.Door || {};

(() => {
  const EVERY = 140;
  const SIDE = 640;
  let stream, timer, read;

  function ownReader() {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return async (video) => {
      const side = Math.min(video.videoWidth, video.videoHeight);
      canvas.width = canvas.height = Math.min(side, SIDE);
      const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
      context.drawImage(video, left, top, side, side, 0, 0, canvas.width, canvas.height);
      const image = context.getImageData(0, 0, canvas.width, canvas.height);
      const found = self.jsQR(image.data, image.width, image.height, { inversionAttempts: "attemptBoth" });
      return found ? found.data : "";
    };
  }

  function load(url) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = url;
      script.onload = resolve;
      script.onerror = () => reject(new Error(url));
      document.head.append(script);
    });
  }

  async function reader() {
    if ("BarcodeDetector" in self && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async (video) => ((await detector.detect(video))[0] || { rawValue: "" }).rawValue;
    }
    if (!self.jsQR) await load("/static/door/vendor/jsQR.js");
    return ownReader();
  }

  async function look(video, found) {
    try {
      const text = video.readyState >= 2 && !document.hidden ? await read(video) : "";
      if (text) await found(text);
    } finally {
      if (stream) timer = setTimeout(look, EVERY, video, found);
    }
  }

  Door.camera = {
    // Raises the browser's own error when there is no camera or nobody allowed it.
    async start(video, found) {
      this.stop();
      read = read || await reader();
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } },
      });
      video.srcObject = stream;
      await video.play();
      look(video, found);
    },
    stop() {
      clearTimeout(timer);
      if (stream) stream.getTracks().forEach((track) => track.stop());
      stream = undefined;
    },
    get running() { return Boolean(stream); },
  };
})();
