/** The rules of this house that no published plugin has. */

/**
 * Nest finds what to inject by the class in the decorator metadata, and a type import leaves none: the service then
 * fails at start, or in the one place where somebody asks for it. The compiler is silent about it.
 */
const injectedValue = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      typeOnly: '{{name}} is injected by its class: import it as a value, or say @Inject(TOKEN).',
    },
  },
  create(context) {
    const typeOnly = new Set();
    return {
      ImportDeclaration(node) {
        for (const specifier of node.specifiers) {
          if (node.importKind === 'type' || specifier.importKind === 'type')
            typeOnly.add(specifier.local.name);
        }
      },
      'MethodDefinition[kind="constructor"]'(node) {
        const decorators = (node.parent.parent.decorators ?? []).map((d) => d.expression.callee?.name);
        // A filter may just as well be built by hand: only then has it nothing but @Catch.
        if (decorators.length === 0 || decorators.every((name) => name === 'Catch')) return;
        for (const parameter of node.value.params) {
          const type = (parameter.parameter ?? parameter).typeAnnotation?.typeAnnotation;
          if (parameter.decorators?.length || type?.type !== 'TSTypeReference') continue;
          const name = type.typeName.name;
          if (typeOnly.has(name)) context.report({ node: type, messageId: 'typeOnly', data: { name } });
        }
      },
    };
  },
};

/** Whoever switches a rule off, or a test, says why: the next reader would have to guess. */
const explainedDisable = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { bare: 'Say why after two dashes: `eslint-disable-next-line rule -- reason`.' },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (/^\s*eslint-disable/.test(comment.value) && !/ -- \S/.test(comment.value))
            context.report({ loc: comment.loc, messageId: 'bare' });
        }
      },
    };
  },
};

export default { rules: { 'injected-value': injectedValue, 'explained-disable': explainedDisable } };
