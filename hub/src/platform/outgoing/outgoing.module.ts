import { Global, Module } from '@nestjs/common';
import { OutgoingHttp } from './outgoing-http.js';

/** Asking servers that documents name. */
@Global()
@Module({ providers: [OutgoingHttp], exports: [OutgoingHttp] })
export class OutgoingModule {}
