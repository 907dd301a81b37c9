import fs from 'node:fs';

const CENTRAL_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1');

/** The names of the files in a zip, in order, repeats included. */
export function zipEntries(file: string): readonly string[] {
  const zip = fs.readFileSync(file);
  const names: string[] = [];
  let at = zip.readUInt32LE(zip.lastIndexOf(END_OF_DIRECTORY) + 16);
  while (zip.readUInt32LE(at) === CENTRAL_ENTRY) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    names.push(zip.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names.filter((name) => !name.endsWith('/'));
}
