// ESLint rules for what Espruino runs differently and no published rule knows. Each was seen in the real
// interpreter (2v29); test/build/dialect-cases.ts has the code that shows it.
import type { Rule, Scope } from "eslint";
import { hostGlobals, missingGlobals, reservedIdentifiers, reservedWords, statics } from "./espruino-names.ts";

// Both parsers (espree, typescript-eslint) give ESTree nodes; only what is used here is named.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Node = any;

const define = (messages: Record<string, string>, create: Rule.RuleModule["create"]): Rule.RuleModule => ({
  meta: { type: "problem", schema: [], messages },
  create,
});

const typedArray = /^(Big)?(Ui|I)nt(8|16|24|32|64)(Clamped)?Array$|^Float(16|32|64)Array$/;
const isLoop = /^For(In|Of)?Statement$/;

/** `arguments` of the function around an arrow function, and of one within a function that says it, too. */
const ownArguments = define(
  {
    empty: "arguments is empty in an arrow function",
    outer: "arguments is that of the function around it here, which says arguments, too",
  },
  (context) => {
    const saying = new Map<Node, Node>();
    return {
      "Identifier[name=arguments]"(node: Node) {
        let own: Node;
        for (let at = node.parent; at; at = at.parent) {
          if (at.type === "ArrowFunctionExpression" && !own) return context.report({ node, messageId: "empty" });
          if (at.type === "FunctionExpression" || at.type === "FunctionDeclaration") own ??= at;
        }
        if (own && !saying.has(own)) saying.set(own, node);
      },
      "Program:exit"() {
        for (const [own, node] of saying) {
          for (let at = own.parent; at; at = at.parent)
            if (saying.has(at)) return context.report({ node, messageId: "outer" });
        }
      },
    };
  },
);

/** What is asked for in a `case`: Espruino comes to all of them, also behind the one that is taken. To the first it comes as it must. */
const caseTest = define(
  {
    does: "all cases of a switch are looked at, also behind the one that is taken: do this before, and keep it in a const",
  },
  (context) => ({
    ":matches(CallExpression,NewExpression,AssignmentExpression,UpdateExpression)"(node: Node) {
      for (let at = node; at.parent; at = at.parent) {
        const { parent } = at;
        if (parent.type === "SwitchCase" && parent.test === at) {
          if (parent.parent.cases[0] !== parent) context.report({ node, messageId: "does" });
          return;
        }
        if (/Function|Statement/.test(at.type)) return;
      }
    },
  }),
);

/** A getter, setter, method or field whose name or value Espruino's classes do not take. */
const classMember = define(
  {
    name: "a class member cannot be called {{name}}",
    noValue: "a class field needs an initial value",
    shared: "a class field's value is shared by all instances: set it in the constructor",
  },
  (context) => {
    const checkName = (node: Node): void => {
      const { key, computed } = node;
      if (computed || key.type === "PrivateIdentifier") return;
      const name = key.type === "Identifier" ? key.name : key.raw;
      if (key.type !== "Identifier" || reservedWords.has(name))
        context.report({ node: key, messageId: "name", data: { name } });
    };
    return {
      MethodDefinition: checkName,
      "Property[kind=/^(get|set)$/]": checkName,
      PropertyDefinition(node: Node) {
        checkName(node);
        if (!node.value) context.report({ node, messageId: "noValue" });
        else if (!node.static && !/^(Literal|UnaryExpression|TemplateLiteral)$/.test(node.value.type)) {
          context.report({ node, messageId: "shared" });
        }
      },
    };
  },
);

/** Whether a function is called where it stands, and no more. */
const isCalledAtOnce = (node: Node): boolean =>
  node.type === "ArrowFunctionExpression" && node.parent.type === "CallExpression" && node.parent.callee === node;

/** A closure over the variable of a for loop: all passes of the loop share it. */
const loopClosure = define(
  { closure: "all passes of the loop share {{name}}: copy it to a const in the body" },
  (context) => {
    const check = (node: Node): void => {
      const declaration = node.type === "ForStatement" ? node.init : node.left;
      if (declaration?.type !== "VariableDeclaration") return;
      for (const variable of context.sourceCode.getDeclaredVariables(declaration)) {
        for (const reference of variable.references) {
          let { from } = reference;
          while (from.type !== "function" ? from !== variable.scope : isCalledAtOnce(from.block)) from = from.upper!;
          if (from.variableScope !== variable.scope.variableScope) {
            context.report({
              node: reference.identifier as Rule.Node,
              messageId: "closure",
              data: { name: variable.name },
            });
          }
        }
      }
    };
    return { ForStatement: check, ForInStatement: check, ForOfStatement: check };
  },
);

/** `()=>()=>this`: Espruino loses `this`, or stops, where the outer arrow's body is an expression. */
const nestedThis = define(
  { lost: "this is lost in an arrow function inside an arrow's expression body: keep it in a const" },
  (context) => ({
    ThisExpression(node: Node) {
      let inner = false;
      for (let at = node; at && at.type !== "FunctionExpression" && at.type !== "FunctionDeclaration"; at = at.parent) {
        if (at.type !== "ArrowFunctionExpression") continue;
        if (inner && at.body.type !== "BlockStatement") return context.report({ node, messageId: "lost" });
        inner = true;
      }
    },
  }),
);

const regexp = define(
  {
    syntax: "groups with (?, lazy and counted repeats and back references are missing in regular expressions",
  },
  (context) => ({
    "Literal[regex]"(node: Node) {
      const pattern = node.regex.pattern.replace(/\\[^1-9]/g, "");
      if (/\(\?|[*+?}]\?|\{\d|\\[1-9]/.test(pattern)) context.report({ node, messageId: "syntax" });
    },
  }),
);

/** Members of built-in objects, by the list of what is there. */
const missingStatic = define({ missing: "{{object}}.{{name}} is missing" }, (context) => ({
  MemberExpression(node: Node) {
    const { object, property, computed } = node;
    const name = computed ? property.value : property.name;
    if (object.type !== "Identifier" || typeof name !== "string" || !Object.hasOwn(statics, object.name)) return;
    if (["prototype", "name", "length", "call", "apply", "bind"].includes(name) && object.name !== "JSON") return;
    if (statics[object.name]!.includes(name)) return;
    let scope: Scope.Scope | null = context.sourceCode.getScope(node);
    for (; scope; scope = scope.upper) if (scope.set.get(object.name)?.defs.length) return;
    context.report({ node, messageId: "missing", data: { object: object.name, name } });
  },
}));

const reservedName = define({ reserved: "{{name}} cannot be the name of a variable" }, (context) => ({
  "Program:exit"() {
    for (const scope of context.sourceCode.scopeManager.scopes) {
      for (const variable of scope.variables) {
        const node = variable.identifiers[0];
        if (node && reservedIdentifiers.includes(variable.name)) {
          context.report({ node: node as Rule.Node, messageId: "reserved", data: { name: variable.name } });
        }
      }
    }
  },
}));

/** Espruino scans a template's expressions for braces only, and does not know `\${`. */
const template = define(
  {
    escape: "\\${ in a template ends the program",
    brace: "a brace in a string inside a template's expression ends it",
  },
  (context) => ({
    TemplateElement(node: Node) {
      if (node.value.raw.includes("\\${")) context.report({ node, messageId: "escape" });
    },
    "TemplateLiteral Literal"(node: Node) {
      if (typeof node.value === "string" && /[{}]/.test(node.raw)) context.report({ node, messageId: "brace" });
    },
  }),
);

/** `slice` of a typed array gives a plain Array. Seen by its type in TypeScript, else where the array is made. */
const typedSlice = define(
  { slice: "slice() of a typed array gives a plain Array: use subarray, or a new array and set" },
  (context) => {
    const services = context.sourceCode.parserServices as Node;
    const isTyped = (node: Node): boolean => {
      if (services?.program) {
        const type = services.program.getTypeChecker().getTypeAtLocation(services.esTreeNodeToTSNodeMap.get(node));
        return typedArray.test(type.symbol?.name ?? "");
      }
      if (node.type === "NewExpression") return typedArray.test(node.callee.name ?? "");
      if (node.type === "CallExpression") return node.callee.property?.name === "subarray";
      if (node.type !== "Identifier") return false;
      let scope: Scope.Scope | null = context.sourceCode.getScope(node);
      while (scope && !scope.set.has(node.name)) scope = scope.upper;
      const definition: Node = scope?.set.get(node.name)?.defs[0];
      const value = definition?.type === "Variable" ? definition.node.init : undefined;
      return value !== undefined && value !== null && value.type !== "Identifier" && isTyped(value);
    };
    return {
      'CallExpression[callee.property.name="slice"]'(node: Node) {
        if (isTyped(node.callee.object)) context.report({ node, messageId: "slice" });
      },
    };
  },
);

/** The class that a name stands for, where the code says it. */
function classOf(name: string, scope: Scope.Scope | null): Node {
  for (; scope; scope = scope.upper) {
    const definition: Node = scope.set.get(name)?.defs[0];
    if (!definition) continue;
    const value = definition.type === "ClassName" ? definition.node : definition.node.init;
    return /^Class(Declaration|Expression)$/.test(value?.type ?? "") ? value : undefined;
  }
  return undefined;
}

/** A class without a constructor of a class whose constructor calls super: that one runs twice. */
const inheritedConstructor = define(
  { twice: "without a constructor here, that of {{name}} runs twice: write one that calls super" },
  (context) => ({
    ":matches(ClassDeclaration,ClassExpression)[superClass.type=Identifier]"(node: Node) {
      const constructorOf = (one: Node): Node => one.body.body.find(({ kind }: Node) => kind === "constructor");
      const base = (one: Node): Node =>
        one.superClass?.type === "Identifier"
          ? classOf(one.superClass.name, context.sourceCode.getScope(one))
          : undefined;
      for (let one = node; one && !constructorOf(one);) {
        const { name } = one.superClass ?? {};
        one = base(one);
        if (one?.superClass && constructorOf(one)) return context.report({ node, messageId: "twice", data: { name } });
      }
    },
  }),
);

/** A static member that a class has of the one that it extends: in Espruino it has not. */
const staticInherited = define(
  {
    own: "{{name}} is a static member of a class that this one extends, which has not got it then: say which class has it",
  },
  (context) => ({
    "MemberExpression[object.type=Identifier][computed=false]"(node: Node) {
      const scope = context.sourceCode.getScope(node);
      const { name } = node.property;
      const has = (one: Node): boolean =>
        one.body.body.some((member: Node) => member.static && member.key?.name === name);
      const own = classOf(node.object.name, scope);
      for (let one = own; one && !has(one);) {
        one = one.superClass?.type === "Identifier" ? classOf(one.superClass.name, scope) : undefined;
        if (one && has(one)) return context.report({ node, messageId: "own", data: { name } });
      }
    },
  }),
);

/** A class where Espruino parses code without running it: not within braces. It does not find the class's end then. */
const skippedClass = define(
  { skipped: "a class cannot stand where it may be left out, but within braces of its own: make it before" },
  (context) => ({
    ":matches(ClassDeclaration,ClassExpression)"(node: Node) {
      for (
        let at = node;
        at.parent && !/^(BlockStatement|ObjectExpression|TemplateLiteral|ClassBody|Program)$/.test(at.parent.type);
        at = at.parent
      ) {
        const { type, test, left, body } = at.parent;
        const skipped =
          (type === "ConditionalExpression" && test !== at) ||
          (type === "LogicalExpression" && left !== at) ||
          type === "SwitchCase" ||
          (type === "IfStatement" && test !== at) ||
          (/^(For|While|DoWhile)/.test(type) && body === at) ||
          type === "ArrowFunctionExpression";
        if (skipped) return context.report({ node, messageId: "skipped" });
      }
    },
  }),
);

/** `super()` in a `try`: an expression that throws there may take a function of its own (tools/build/passes/mends/thrown.ts), which has no super. */
const superInTry = define(
  { lost: "what is in catch may not be found when super() throws: call it before" },
  (context) => ({
    "CallExpression[callee.type=Super]"(node: Node) {
      for (let at = node; at.parent && !/Function/.test(at.type); at = at.parent) {
        if (at.parent.type === "TryStatement") return context.report({ node, messageId: "lost" });
      }
    },
  }),
);

/** `try` in a `finally`: the error that brought the code there is forgotten. */
const tryInFinally = define(
  { forgotten: "an error on its way is forgotten where there is a try in finally: write that behind it" },
  (context) => ({
    TryStatement(node: Node) {
      for (let at = node; at.parent && !/Function/.test(at.type); at = at.parent) {
        if (at.parent.type === "TryStatement" && at.parent.finalizer === at)
          return context.report({ node, messageId: "forgotten" });
      }
    },
  }),
);

/** What does something in the condition of a do loop that may be left: Espruino asks for it then, too. */
const doCondition = define(
  { again: "after a break, the condition of a do loop is looked at once more: it must not do anything" },
  (context) => {
    const left = new Set<Node>();
    const doing = new Map<Node, Node>();
    return {
      BreakStatement(node: Node) {
        let at = node.parent;
        while (at && !isLoop.test(at.type) && !/^(DoWhile|While|Switch)Statement$/.test(at.type)) at = at.parent;
        if (at) left.add(at);
      },
      ":matches(CallExpression,NewExpression,AssignmentExpression,UpdateExpression)"(node: Node) {
        for (let at = node; at.parent && !/Function|Statement/.test(at.type); at = at.parent) {
          if (at.parent.type === "DoWhileStatement" && at.parent.test === at) doing.set(at.parent, node);
        }
      },
      "Program:exit"() {
        for (const [loop, node] of doing) if (left.has(loop)) context.report({ node, messageId: "again" });
      },
    };
  },
);

/** What other engines have as a member of the global object. */
const missingGlobal = define({ missing: "{{name}} is missing" }, (context) => ({
  "MemberExpression[object.name=/^global(This)?$/][computed=false]"(node: Node) {
    const { name } = node.property;
    if (
      [...missingGlobals, ...hostGlobals].includes(name) &&
      !(node.parent.type === "AssignmentExpression" && node.parent.left === node)
    )
      context.report({ node, messageId: "missing", data: { name } });
  },
}));

/** `in` inside the head of a for loop: Espruino takes it for a for-in. */
const forIn = define({ head: "in cannot stand in the first part of a for loop" }, (context) => ({
  'BinaryExpression[operator="in"]'(node: Node) {
    for (let at = node; at.parent; at = at.parent) {
      if (isLoop.test(at.parent.type) && at.parent.init === at) return context.report({ node, messageId: "head" });
    }
  },
}));

/** ESLint rules for Espruino, by name. */
export const rules: Record<string, Rule.RuleModule> = {
  "own-arguments": ownArguments,
  "case-test": caseTest,
  "class-member": classMember,
  "do-condition": doCondition,
  "for-in": forIn,
  "inherited-constructor": inheritedConstructor,
  "loop-closure": loopClosure,
  "missing-global": missingGlobal,
  "missing-static": missingStatic,
  "nested-this": nestedThis,
  regexp,
  "reserved-name": reservedName,
  "skipped-class": skippedClass,
  "static-inherited": staticInherited,
  "super-in-try": superInTry,
  template,
  "try-in-finally": tryInFinally,
  "typed-slice": typedSlice,
};
