import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import { USER_CONFIG, type UserConfig } from '../config';
import { SecretSeal } from './secret-seal';

/** Single sign-on needs a page to come back to, and a key for the secrets of tenants. */
@Injectable()
export class SsoSettings {
  constructor(
    @Inject(USER_CONFIG) private readonly config: UserConfig,
    private readonly seal: SecretSeal,
  ) {}

  /** @throws AppError no_sso */
  required(): void {
    if (!this.config.CONSOLE_URL || !this.seal.isSetUp)
      throw new AppError('no_sso', 'Whoever runs this system has not set up single sign-on.');
  }
}
