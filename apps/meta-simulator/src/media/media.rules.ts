const KB = 1024;
const MB = 1024 * KB;

interface Rule {
  kind: string;
  mimes: ReadonlySet<string>;
  max: number;
}

const RULES: readonly Rule[] = [
  {
    kind: 'audio',
    mimes: new Set(['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg']),
    max: 16 * MB,
  },
  { kind: 'image', mimes: new Set(['image/jpeg', 'image/png']), max: 5 * MB },
  { kind: 'sticker', mimes: new Set(['image/webp']), max: 500 * KB },
  { kind: 'video', mimes: new Set(['video/mp4', 'video/3gpp']), max: 16 * MB },
  {
    kind: 'document',
    mimes: new Set([
      'text/plain',
      'application/pdf',
      'application/msword',
      'application/vnd.ms-excel',
      'application/vnd.ms-powerpoint',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    ]),
    max: 100 * MB,
  },
];

export const MAX_UPLOAD_BYTES = 100 * MB;

/** `audio/ogg; codecs=opus` -> `audio/ogg` */
export const bareMime = (mime: string): string => (mime.split(';')[0] ?? '').trim().toLowerCase();

/** Why Meta would refuse this upload; undefined when it would not. */
export function mediaProblem(mime: string, bytes: number): string | undefined {
  const bare = bareMime(mime);
  const rule = RULES.find((each) => each.mimes.has(bare));
  if (!rule) return `Param file must be a file with a supported type. Received file of type '${mime}'.`;
  if (bytes === 0) return 'The file is empty.';
  if (bytes > rule.max) return `File size ${bytes} exceeds the limit of ${rule.max} bytes for ${rule.kind}.`;
  return undefined;
}
