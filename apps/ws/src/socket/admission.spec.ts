import { admit } from './admission';

const request = (origin?: string, url = '/ws') => ({ url, headers: { host: 'scrm.example', origin } });

describe('who may open a socket', () => {
  it('lets listed origins in and no others', () => {
    const policy = { allowed: ['https://inbox.example'], anyOrigin: true };
    expect(admit(request('https://inbox.example'), policy)).toBeUndefined();
    expect(admit(request('https://evil.example'), policy)).toMatchObject({ status: 403 });
    expect(admit(request('https://inbox.example.evil.example'), policy)).toMatchObject({ status: 403 });
    expect(admit(request('null'), policy)).toMatchObject({ status: 403 });
  });

  it('without a list lets in pages of its own host only, in production', () => {
    const policy = { anyOrigin: false };
    expect(admit(request('https://scrm.example'), policy)).toBeUndefined();
    expect(admit(request('https://evil.example'), policy)).toMatchObject({ status: 403 });
    expect(admit(request('null'), policy)).toMatchObject({ status: 403 });
  });

  it('lets in what is no browser', () => {
    expect(admit(request(), { allowed: ['https://inbox.example'], anyOrigin: false })).toBeUndefined();
  });

  it.each(['/ws?token=x', '/ws?a=1&access_token=x', '/ws?JWT=x'])('takes no token in the URL: %s', (url) => {
    expect(admit(request(undefined, url), { anyOrigin: true })).toMatchObject({
      status: 400,
      outcome: 'token_in_url',
      detail: expect.stringContaining('first frame') as string,
    });
  });
});
