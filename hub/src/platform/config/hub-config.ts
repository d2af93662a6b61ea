import { Inject } from '@nestjs/common';

/** Injection token of the settings. */
export const HUB_CONFIG = Symbol('hub config');

/** Injects the `HubConfig`. */
export const InjectConfig = (): ParameterDecorator => Inject(HUB_CONFIG);
