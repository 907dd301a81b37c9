/**
 * Steps over one struct of Thrift's compact protocol, in which footers and page headers are written, before
 * hyparquet reads it: hyparquet allocates a list by the count that the bytes claim, and reads a number of any
 * length. Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** Page headers and footers nest five deep. */
const MAX_DEPTH = 16;
/** A number of 64 bits in groups of seven. */
const MAX_NUMBER_BYTES = 10;

const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const NUMBERS: readonly number[] = [4, 5, 6];
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** Throws RangeError unless a struct of bounded depth, counts and numbers begins at `offset`. */
export function checkThrift(view: DataView, offset: number): void {
  new ThriftWalk(view, offset).struct(0);
}

class ThriftWalk {
  readonly #view: DataView;
  #offset: number;

  constructor(view: DataView, offset: number) {
    this.#view = view;
    this.#offset = offset;
  }

  struct(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('a header that is nested too deep');
    for (;;) {
      const field = this.#byte();
      const type = field & 0x0f;
      if (type === STOP) return;
      if (field >> 4 === 0) this.#number();
      this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#step(1);
    else if (NUMBERS.includes(type)) this.#number();
    else if (type === DOUBLE) this.#step(8);
    else if (type === BINARY) this.#step(this.#number());
    else if (type === LIST) this.#list(depth + 1);
    else if (type === STRUCT) this.struct(depth + 1);
    else throw new RangeError(`a field of type ${type}`);
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('a header that is nested too deep');
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#number() : head >> 4;
    // Every element takes a byte at least.
    if (count > this.#view.byteLength - this.#offset) throw new RangeError(`a list of ${count}`);
    const type = head & 0x0f;
    for (let i = 0; i < count; i++) {
      if (type === TRUE || type === FALSE) this.#step(1);
      else this.#value(type, depth);
    }
  }

  #number(): number {
    let value = 0;
    for (let bytes = 0; bytes < MAX_NUMBER_BYTES; bytes++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * bytes);
      if (byte < 0x80) return value;
    }
    throw new RangeError(`a number of more than ${MAX_NUMBER_BYTES} bytes`);
  }

  #byte(): number {
    const at = this.#offset;
    this.#step(1);
    return this.#view.getUint8(at);
  }

  #step(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset > this.#view.byteLength) throw new RangeError('a header that ends too early');
  }
}
