const MAGIC = 0x184d2204;
/** A block of a frame has at most 4 MiB. */
const MAX_BLOCK_BYTES = 4_194_304;

/**
 * Unpacks one LZ4 frame, as pandas and freqtrade write Feather. Checksums are skipped. Throws RangeError for
 * anything else. Source: LZ4 Frame Format Description 1.6.3 and LZ4 Block Format Description.
 */
export function unpackLz4Frame(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError('no LZ4 frame');
  const flags = view.getUint8(4);
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  let output = new Uint8Array(hasContentSize ? Number(view.getBigUint64(6, true)) : MAX_BLOCK_BYTES);
  let length = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) return output.subarray(0, length);
    const size = header & 0x7fff_ffff;
    const block = frame.subarray(at, at + size);
    if (block.length < size) throw new RangeError('an LZ4 block is cut off');
    if (output.length < length + MAX_BLOCK_BYTES && !hasContentSize) output = grown(output);
    // The highest bit marks a block that is not packed.
    if (header >>> 31 === 1) {
      output.set(block, length);
      length += size;
    } else length = unpackBlock(block, output, length);
    at += size + (hasBlockChecksum ? 4 : 0);
  }
}

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length + MAX_BLOCK_BYTES);
  larger.set(bytes);
  return larger;
}

/** Unpacks a block into `output` from `start` on; returns the new end. Matches may reach back over blocks. */
function unpackBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let at = 0;
  let end = start;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = block[at++] ?? 0;
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = lengthFrom(token >> 4);
    if (end + literals > output.length || at + literals > block.length)
      throw new RangeError('an LZ4 block is damaged');
    output.set(block.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    if (at >= block.length) break;
    const distance = block[at]! | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const length = lengthFrom(token & 15) + 4;
    if (distance === 0 || distance > end || end + length > output.length)
      throw new RangeError('an LZ4 block is damaged');
    // Byte by byte, because a match may overlap what it makes.
    for (const last = end + length; end < last; end++) output[end] = output[end - distance]!;
  }
  return end;
}
