// Sound and vibration for a result: one high tone, two middle ones, or a long low one.
"use strict";
self.Door = self.Door || {};

(() => {
  const PATTERNS = {
    good: { tones: [[880, 0, 0.12]], shake: [60] },
    look: { tones: [[520, 0, 0.12], [520, 0.18, 0.12]], shake: [80, 60, 80] },
    bad: { tones: [[180, 0, 0.5]], shake: [400] },
  };
  let audio;

  function tone([pitch, after, length]) {
    const [sound, volume] = [audio.createOscillator(), audio.createGain()];
    const start = audio.currentTime + after;
    sound.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + length);
    sound.connect(volume).connect(audio.destination);
    sound.start(start);
    sound.stop(start + length);
  }

  Door.feedback = {
    // Browsers allow sound and shaking only after a touch: called from one.
    allow() {
      if (!audio && "AudioContext" in self) audio = new AudioContext();
    },
    give(kind) {
      const { tones, shake } = PATTERNS[kind];
      const touched = navigator.userActivation && navigator.userActivation.hasBeenActive;
      if (touched && navigator.vibrate) navigator.vibrate(shake);
      if (audio && audio.state === "running") tones.forEach(tone);
    },
  };
})();
