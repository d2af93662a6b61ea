/** Queue of the pipelines whose newest release is to be looked for; the key is the pipeline. */
export const releaseQueue = 'releases';
