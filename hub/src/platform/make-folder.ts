import { mkdir, stat } from 'node:fs/promises';
import { folderMaker } from '@flotilla/common/flags/folder-maker';

/** Makes a folder with those above it, also where Node's own way of it never ends. */
export const makeFolder = folderMaker({ mkdir, stat });
