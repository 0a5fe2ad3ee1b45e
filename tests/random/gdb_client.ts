/**
 * The client's side of gdb's remote serial protocol (Debugging with GDB, appendix E): as much of it as comparing
 * with a reference machine asks for. Numbers of a packet are hexadecimal, memory and registers in the target's order.
 *
 * @module
 */

const encoder = new TextEncoder(), decoder = new TextDecoder();
const ACK = 0x2b, DOLLAR = 0x24, HASH = 0x23;

/** What the protocol runs over. */
export interface GdbStream {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** A packet as it goes over the wire: `$data#checksum`. */
export function frame(data: string): string {
  let sum = 0;
  for (const byte of encoder.encode(data)) sum = sum + byte & 0xff;
  return `$${data}#${sum.toString(16).padStart(2, "0")}`;
}

/** A connection to a debugging stub, its machine stopped. */
export class GdbClient {
  readonly #stream: GdbStream;
  readonly #into = new Uint8Array(0x1_0000);
  #received: number[] = [];
  #acknowledge = true;

  constructor(stream: GdbStream) {
    this.#stream = stream;
  }

  /** Begins a session in which packets are not acknowledged. */
  static async connect(stream: GdbStream): Promise<GdbClient> {
    const client = new GdbClient(stream);
    if (await client.ask("QStartNoAckMode") === "OK") client.#acknowledge = false;
    await client.ask("?");
    return client;
  }

  /** Sends a packet and gives the answer's data. */
  async ask(data: string): Promise<string> {
    await this.#send(frame(data));
    const answer = await this.#receive();
    if (this.#acknowledge) await this.#send("+");
    return answer;
  }

  /** All registers, as the stub's bytes. */
  async readRegisters(): Promise<Uint8Array> {
    return fromHex(await this.#need("g"));
  }

  async writeRegisters(bytes: Uint8Array): Promise<void> {
    await this.#need(`G${toHex(bytes)}`);
  }

  async readMemory(address: number, length: number): Promise<Uint8Array> {
    return fromHex(await this.#need(`m${(address >>> 0).toString(16)},${length.toString(16)}`));
  }

  async writeMemory(address: number, bytes: Uint8Array): Promise<void> {
    await this.#need(`M${(address >>> 0).toString(16)},${bytes.length.toString(16)}:${toHex(bytes)}`);
  }

  /** Runs one instruction; gives the stop reply. */
  async step(): Promise<string> {
    return await this.#need("s");
  }

  close(): void {
    this.#stream.close();
  }

  async #need(data: string): Promise<string> {
    const answer = await this.ask(data);
    if (answer === "" || /^E[0-9a-f]{2}$/.test(answer)) {
      throw new Error(`Cannot carry out "${data.slice(0, 20)}": the stub answers "${answer}"`);
    }
    return answer;
  }

  async #send(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    for (let done = 0; done < bytes.length;) done += await this.#stream.write(bytes.subarray(done));
  }

  async #receive(): Promise<string> {
    for (;;) {
      const bytes = this.#received;
      while (bytes[0] === ACK) bytes.shift();
      const end = bytes.indexOf(HASH);
      if (end >= 0 && bytes.length >= end + 3) {
        const [start, ...data] = bytes.splice(0, end + 3).slice(0, end);
        const text = decoder.decode(Uint8Array.from(data));
        if (start !== DOLLAR) {
          throw new Error(`Cannot read the stub's answer: it begins "${text.slice(0, 20)}"`);
        }
        return unfold(text);
      }
      const count = await this.#stream.read(this.#into);
      if (count === null) throw new Error("Cannot go on: the stub has closed the connection");
      for (let i = 0; i < count; i++) bytes.push(this.#into[i]);
    }
  }
}

/** Undoes run-length encoding: `X*n` stands for X and ASCII n - 29 more of it. */
function unfold(text: string): string {
  return text.replace(
    /(.)\*(.)/gs,
    (_, repeated: string, count: string) => repeated.repeat(count.charCodeAt(0) - 28),
  );
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
