import { loadConfig, runService } from '@scrm/platform';
import { userConfig } from './config';
import { userService } from './service';

void runService(userService(loadConfig(userConfig)));
