import { Global, Module } from '@nestjs/common';
import { GitMirrors } from './git-mirrors.js';

/** Reading Git, for the configuration and for releases. */
@Global()
@Module({ providers: [GitMirrors], exports: [GitMirrors] })
export class GitModule {}
