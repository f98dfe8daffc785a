import { badParameter } from '../graph/graph.error';

export interface UploadedFile {
  bytes: Buffer;
  mime: string;
  filename?: string;
}

/** Reads Meta's upload form out of the raw multipart body. */
export async function readUpload(body: unknown, contentType: string | undefined): Promise<UploadedFile> {
  if (!Buffer.isBuffer(body) || !contentType?.startsWith('multipart/form-data')) {
    throw badParameter('The body must be multipart/form-data.');
  }
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw badParameter('The multipart body could not be read.');
  }
  if (form.get('messaging_product') !== 'whatsapp') {
    throw badParameter('The parameter messaging_product is required.');
  }
  const file = form.get('file');
  if (file === null || typeof file === 'string') throw badParameter('The parameter file is required.');
  const type = form.get('type');
  // Both are given in practice; the part's own type counts, the field stands in when it says nothing.
  const own = file.type && file.type !== 'application/octet-stream' ? file.type : undefined;
  return {
    bytes: Buffer.from(await file.arrayBuffer()),
    mime: own ?? (typeof type === 'string' && type ? type : file.type),
    ...(file.name ? { filename: file.name } : {}),
  };
}
