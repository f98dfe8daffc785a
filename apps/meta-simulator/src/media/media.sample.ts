import { crc32, deflateSync } from 'node:zlib';

/*
 * Small real files, so that a simulated customer can send media without anybody having to bring some:
 * a picture, and a voice note of silence that players accept.
 */

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A hill under an evening sky, 240 x 160. */
function drawPicture(): Buffer {
  const [width, height] = [240, 160];
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const hill = y > 105 + 18 * Math.sin(x / 38) + 5 * Math.sin(x / 11);
      const sun = Math.hypot(x - 178, y - 46) < 18;
      const fade = y / height;
      const colour = hill
        ? [62, 122 - fade * 30, 88]
        : sun
          ? [255, 246, 214]
          : [232, 138 + fade * 80, 150 + fade * 40];
      rows.set(colour, y * (width * 3 + 1) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}

let picture: Buffer | undefined;

const CRC = (() => {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = (i << 24) >>> 0;
    for (let bit = 0; bit < 8; bit++) {
      value = value & 0x80000000 ? ((value << 1) ^ 0x04c11db7) >>> 0 : (value << 1) >>> 0;
    }
    table[i] = value;
  }
  return table;
})();

function oggCrc(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return crc;
}

function oggPage(packets: Buffer[], sequence: number, granule: number, flags: number): Buffer {
  const header = Buffer.alloc(27 + packets.length);
  header.write('OggS', 0, 'latin1');
  header.writeUInt8(flags, 5);
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(0x53494d31, 14);
  header.writeUInt32LE(sequence, 18);
  header.writeUInt8(packets.length, 26);
  packets.forEach((packet, i) => header.writeUInt8(packet.length, 27 + i));
  const page = Buffer.concat([header, ...packets]);
  page.writeUInt32LE(oggCrc(page), 22);
  return page;
}

/** Mono, 48 kHz, frames of 20 ms that say "silence". */
export function silentVoiceNote(seconds: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(1, 9);
  head.writeUInt16LE(312, 10);
  head.writeUInt32LE(48_000, 12);
  const vendor = 'simulator';
  const tags = Buffer.alloc(8 + 4 + vendor.length + 4);
  tags.write('OpusTags', 0, 'latin1');
  tags.writeUInt32LE(vendor.length, 8);
  tags.write(vendor, 12, 'latin1');
  const pages = [oggPage([head], 0, 0, 2), oggPage([tags], 1, 0, 0)];
  const silence = Buffer.from([0xf8, 0xff, 0xfe]);
  const perPage = 50;
  for (let second = 0; second < seconds; second++) {
    const last = second === seconds - 1;
    pages.push(oggPage(Array(perPage).fill(silence), second + 2, (second + 1) * 48_000, last ? 4 : 0));
  }
  return Buffer.concat(pages);
}

export function sampleFor(kind: string): { bytes: Buffer; mime: string; filename?: string } {
  switch (kind) {
    case 'audio':
      return { bytes: silentVoiceNote(3), mime: 'audio/ogg; codecs=opus' };
    case 'document':
      return { bytes: Buffer.from('A sample document.\n'), mime: 'text/plain', filename: 'sample.txt' };
    case 'video':
      return { bytes: Buffer.from('not a real video'), mime: 'video/mp4' };
    case 'sticker':
      return { bytes: Buffer.from('not a real sticker'), mime: 'image/webp' };
    default:
      return { bytes: (picture ??= drawPicture()), mime: 'image/png' };
  }
}
