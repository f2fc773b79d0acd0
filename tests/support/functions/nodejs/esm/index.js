import { basename } from 'node:path';

const ready = await Promise.resolve('top-level await');
export const handler = async () => basename(ready);
