/** Follows the frames of an MQTT byte stream by their lengths, keeping none of their bytes. */
export class PacketGuard {
  readonly #maxBytes: number;
  /** Bytes of the current packet's body still to come. */
  #body = 0;
  /** Within the fixed header: bytes of the length read so far, and what they say; undefined: a packet begins. */
  #length: { bytes: number; value: number } | undefined;

  /** @param maxBytes of a packet after its fixed header */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when a packet in `chunk` announces more than the limit, or a length MQTT does not have. */
  accepts(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length;) {
      if (this.#body > 0) {
        const passed = Math.min(this.#body, chunk.length - at);
        this.#body -= passed;
        at += passed;
        continue;
      }
      const byte = chunk[at++]!;
      if (!this.#length) {
        this.#length = { bytes: 0, value: 0 };
        continue;
      }
      // MQTT 3.1.1 §2.2.3: seven bits a byte, the lowest first, the eighth says that more follow, four bytes at most.
      this.#length.value += (byte & 0x7f) << (7 * this.#length.bytes++);
      if (byte & 0x80) {
        if (this.#length.bytes === 4) return false;
        continue;
      }
      if (this.#length.value > this.#maxBytes) return false;
      this.#body = this.#length.value;
      this.#length = undefined;
    }
    return true;
  }
}
