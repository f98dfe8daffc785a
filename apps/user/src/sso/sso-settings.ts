import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@scrm/platform';
import { USER_CONFIG, type UserConfig } from '../config';

/** Single sign-on needs a page to come back to. */
@Injectable()
export class SsoSettings {
  constructor(@Inject(USER_CONFIG) private readonly config: UserConfig) {}

  /** @throws AppError no_sso */
  required(): void {
    if (!this.config.CONSOLE_URL)
      throw new AppError('no_sso', 'Whoever runs this system has not set up single sign-on.');
  }
}
