import { loadConfig, runService } from '@scrm/platform';
import { wabaConfig } from './config';
import { wabaService } from './waba.service';

void runService(wabaService(loadConfig(wabaConfig)));
