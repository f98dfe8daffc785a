import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import { AccountStore, type PhoneNumber, type Waba } from '../account/account.store';
import { badToken, noSuchObject } from './graph.error';
import { type GraphRequest, isGraphVersion } from './graph.request';

export function bearerToken(header: string | undefined): string | undefined {
  if (!header) return undefined;
  const [scheme, token] = header.split(' ');
  return token && /^(bearer|oauth)$/i.test(scheme ?? '') ? token : undefined;
}

/** Every Graph call needs a token that some WABA knows. */
@Injectable()
export class GraphGuard implements CanActivate {
  constructor(private readonly accounts: AccountStore) {}

  canActivate(context: ExecutionContext): boolean {
    const req = context.switchToHttp().getRequest<GraphRequest>();
    if (!isGraphVersion(req.params.version))
      throw new AppError('not_found', `There is nothing at ${req.url}.`);
    const token = bearerToken(req.headers.authorization) ?? req.query.access_token;
    if (!token || !this.accounts.knowsToken(token)) throw badToken();
    req.graphToken = token;
    return true;
  }
}

/** Finds objects as the caller's token may see them. */
@Injectable()
export class GraphAccess {
  constructor(private readonly accounts: AccountStore) {}

  phone(req: GraphRequest): PhoneNumber {
    const phone = this.accounts.phoneNumbers.get(req.params.id);
    if (!phone || phone.waba.accessToken !== req.graphToken) throw this.missing(req);
    return phone;
  }

  waba(req: GraphRequest): Waba {
    const waba = this.accounts.wabas.get(req.params.id);
    if (!waba || waba.accessToken !== req.graphToken) throw this.missing(req);
    return waba;
  }

  /** May this token see what belongs to that WABA? */
  owns(req: GraphRequest, wabaId: string): boolean {
    return this.accounts.wabas.get(wabaId)?.accessToken === req.graphToken;
  }

  missing(req: GraphRequest): Error {
    return noSuchObject(req.params.id, req.method.toLowerCase());
  }
}
