// Reads single files out of a zip archive. Small on purpose: no encryption, no zip64, no multi-disk archives.
import { readFileSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const stored = 0;
const deflated = 8;

/** Returns the named files of the archive as a map name -> Buffer; a name that is not in it is an error. */
export function readZip(path, names) {
  const zip = readFileSync(path);
  const directory = new Map(entries(zip, path).map((entry) => [entry.name, entry]));
  return new Map(
    names.map((name) => {
      const entry = directory.get(name);
      if (!entry) throw new Error(`${path}: has no file ${name}`);
      return [name, content(zip, entry, path)];
    }),
  );
}

function entries(zip, path) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== endOfDirectory) throw new Error(`${path}: is not a zip archive`);
  const found = [];
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    if (zip.readUInt32LE(at) !== directoryEntry)
      throw new Error(`${path}: its directory is damaged at ${at}`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(at + offset),
    );
    found.push({
      name: zip.toString('utf8', at + 46, at + 46 + nameLength),
      method: zip.readUInt16LE(at + 10),
      crc: zip.readUInt32LE(at + 16),
      size: zip.readUInt32LE(at + 20),
      header: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return found;
}

function content(zip, { name, method, crc, size, header }, path) {
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const raw = zip.subarray(start, start + size);
  if (method !== stored && method !== deflated)
    throw new Error(`${path}: ${name} has the unknown method ${method}`);
  const data = method === stored ? raw : inflateRawSync(raw);
  if (crc32(data) !== crc) throw new Error(`${path}: ${name} is damaged (wrong checksum)`);
  return data;
}
