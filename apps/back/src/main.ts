import { loadConfig, runService } from '@scrm/platform';
import { backConfig } from './config';
import { backService } from './service';

void runService(backService(loadConfig(backConfig)));
