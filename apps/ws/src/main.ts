import 'reflect-metadata';
import { loadConfig, runService } from '@scrm/platform';
import { wsService } from './service';
import { wsConfig } from './config';

void runService(wsService(loadConfig(wsConfig)));
