import { Injectable } from '@nestjs/common';
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { newObjectId } from '../graph/ids';
import { Settings } from '../settings/settings';

export interface Media {
  id: string;
  wabaId: string;
  phoneNumberId: string;
  mime: string;
  /** Hex, as Graph gives it; webhooks carry the same digest as base64. */
  sha256: string;
  filename?: string;
  bytes: Buffer;
}

export const MEDIA_URL_PATH = '/whatsapp_business/attachments';
const URL_LIFETIME_S = 300;

/** Uploaded files, the oldest forgotten above the memory bound. */
@Injectable()
export class MediaStore {
  private readonly media = new Map<string, Media>();
  private readonly key = randomBytes(16);
  private total = 0;

  constructor(private readonly settings: Settings) {}

  put(input: Omit<Media, 'id' | 'sha256'>): Media {
    const sha256 = createHash('sha256').update(input.bytes).digest('hex');
    const media = { ...input, id: newObjectId(), sha256 };
    this.media.set(media.id, media);
    this.total += media.bytes.length;
    for (const oldest of this.media.values()) {
      if (this.total <= this.settings.limits.mediaBytes || oldest === media) break;
      this.delete(oldest.id);
    }
    return media;
  }

  get(id: string): Media | undefined {
    return this.media.get(id);
  }

  delete(id: string): boolean {
    const media = this.media.get(id);
    if (!media) return false;
    this.total -= media.bytes.length;
    return this.media.delete(id);
  }

  /** A link that dies after five minutes of simulated time. */
  url(base: string, id: string, nowMs: number): string {
    const expires = Math.floor(nowMs / 1000) + URL_LIFETIME_S;
    return `${base}${MEDIA_URL_PATH}?mid=${id}&ext=${expires}&hash=${this.hash(id, expires)}`;
  }

  /** The file behind a link, unless the link is false, too old, or the file gone. */
  open(query: { mid?: string; ext?: string; hash?: string }, nowMs: number): Media | undefined {
    const { mid = '', ext = '', hash = '' } = query;
    const expected = Buffer.from(this.hash(mid, Number(ext)));
    const given = Buffer.from(hash);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    if (Number(ext) < nowMs / 1000) return undefined;
    return this.media.get(mid);
  }

  clear(): void {
    this.media.clear();
    this.total = 0;
  }

  private hash(id: string, expires: number): string {
    return createHmac('sha256', this.key).update(`${id}.${expires}`).digest('base64url');
  }
}
