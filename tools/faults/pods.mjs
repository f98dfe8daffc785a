/** More than one of everything that may be more (of `ws` there are two in any case): what one leaves undone, another takes up. */
export const PODS = ['--back-pods', '2', '--waba-pods', '2'];

/** What is promised where all of a kind die at once, in ms: nobody does their work until they have started anew. */
export const ALL_OF_A_KIND_MS = 15_000;
