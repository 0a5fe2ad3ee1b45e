/** A class of instructions: a name, and how the texts of its instructions begin. */
export interface InstructionClass {
  readonly name: string;
  readonly pattern: RegExp;
}

const CONDITION = "(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)?";

/** The classes of Arm's instructions (DDI 0100, chapter A3), the first that fits. */
export const ARM_CLASSES: readonly InstructionClass[] = [
  { name: "Branch with link", pattern: RegExp(`^blx?${CONDITION}( |$)`) },
  { name: "Branch and exchange", pattern: RegExp(`^bxj?${CONDITION}( |$)`) },
  { name: "Branch", pattern: RegExp(`^b${CONDITION}( |$)|^cbn?z`) },
  { name: "Supervisor call, breakpoint", pattern: /^(svc|swi|bkpt)/ },
  { name: "Status register", pattern: /^(mrs|msr|cps|setend)/ },
  { name: "Floating point load, store", pattern: /^(v|f)(ld|st|push|pop)/ },
  { name: "Floating point", pattern: /^(v|f)[a-z]/ },
  { name: "Coprocessor", pattern: /^(mcr|mrc|mcrr|mrrc|cdp|ldc|stc)/ },
  { name: "Preload", pattern: /^pld/ },
  { name: "Swap, exclusive", pattern: /^(swp|ldrex|strex)/ },
  { name: "Load multiple", pattern: /^(ldm|pop)/ },
  { name: "Store multiple", pattern: /^(stm|push)/ },
  { name: "Load", pattern: /^ld/ },
  { name: "Store", pattern: /^st/ },
  { name: "Multiply", pattern: /^(mul|mla|mls|umull|umlal|umaal|smul|smla|smull|smlal|smm|smu|sml)/ },
  { name: "Saturating", pattern: /^(q|s|u)(add|sub|dadd|dsub|sat)/ },
  { name: "Compare, test", pattern: /^(cmp|cmn|tst|teq)/ },
  { name: "Move", pattern: /^(mov|mvn|lsl|lsr|asr|ror|rrx|nop)/ },
  { name: "Arithmetic", pattern: /^(add|adc|sub|sbc|rsb|rsc|neg|clz|adr)/ },
  { name: "Logical", pattern: /^(and|orr|eor|bic)/ },
];

/** Of instruction sets without a table of their own the mnemonic is the class. */
export function classOf(isa: string, text: string): string {
  if (isa !== "arm") return text.split(/\s/, 1)[0];
  return ARM_CLASSES.find(({ pattern }) => pattern.test(text))?.name ?? "Unclassified";
}
