// Personal data of walk-ins waits encrypted: AES-GCM under a key that no script can take out of this
// browser. Once sent, both the data and the entry are deleted.
"use strict";
self.Door = self.Door || {};

(() => {
  const ALGORITHM = { name: "AES-GCM", length: 256 };

  async function key() {
    const kept = await Door.store.get("keys", "walk-ins");
    if (kept) return kept;
    const made = await crypto.subtle.generateKey(ALGORITHM, false, ["encrypt", "decrypt"]);
    await Door.store.put("keys", made, "walk-ins");
    return made;
  }

  Door.vault = {
    async seal(value) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(JSON.stringify(value));
      return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), plain) };
    },
    async open({ iv, data }) {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), data);
      return JSON.parse(new TextDecoder().decode(plain));
    },
  };
})();
