import { openBytes, sealBytes } from '@scrm/platform';

/**
 * What a sealed value looks like: a mark, the id of its data key, and AES-256-GCM's nonce, tag and text. The mark tells
 * it from older forms.
 */
const MARK = Buffer.from('scrm:v2:');
const ID = { start: MARK.length, end: MARK.length + 16 };

/** Where a sealed value belongs. It opens nowhere else. */
export interface SealedPlace {
  tenantId: string;
  /** The table and column. */
  column: string;
  rowId: string;
}

export interface DataKey {
  id: string;
  key: Buffer;
}

/** The SQL that is true of values of before there were data keys. */
export const notSealedWithAnyKey = (column: string): string =>
  `substring(${column} FROM 1 FOR ${MARK.length}) <> '\\x${MARK.toString('hex')}'::bytea`;

/** The SQL that is true of values that were not sealed with the key that the parameter names. */
export const notSealedWith = (column: string, parameter: string): string =>
  `(${notSealedWithAnyKey(column)} OR
    substring(${column} FROM ${ID.start + 1} FOR 16) <> decode(replace(${parameter}::text, '-', ''), 'hex'))`;

export function sealWith({ id, key }: DataKey, secret: string, place: SealedPlace): Buffer {
  const keyId = Buffer.from(id.replaceAll('-', ''), 'hex');
  return Buffer.concat([MARK, keyId, sealBytes(key, Buffer.from(secret), placeOf(place))]);
}

/** @throws where it was changed or belongs elsewhere */
export function openWith(key: Buffer, sealed: Buffer, place: SealedPlace): string {
  return openBytes(key, sealed.subarray(ID.end), placeOf(place)).toString('utf8');
}

/** The id of the data key; null where the value has another form, of before there were data keys. */
export function dataKeyIdOf(sealed: Buffer): string | null {
  if (sealed.length < ID.end || !sealed.subarray(0, MARK.length).equals(MARK)) return null;
  const hex = sealed.toString('hex', ID.start, ID.end);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const placeOf = ({ tenantId, column, rowId }: SealedPlace) => [tenantId, column, rowId].join('\0');
