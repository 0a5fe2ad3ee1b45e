import { CPU } from "@emu/core";
import { type Model, MODELS } from "../../plugins/isa/arm/cpus.ts";
import { Evaluator } from "../../plugins/isa/arm/evaluator.ts";
import { ARM_VECTOR_FIELDS, type ArmVectorState, testArmVectors } from "./arm.ts";

/** The formulas of the operations, taken by themselves: no tier, but what tiers must agree with. */
function evaluate(words: readonly number[], length: number, state: ArmVectorState): ArmVectorState {
  const model = (MODELS as Readonly<Record<string, Model>>)[state.model];
  const { memory, i32, step } = machine(model, state);
  const start = state.registers.pc;
  for (let n = 0; n < words.length; n++) {
    const pc = i32[CPU.pc.index] >>> 0;
    if (pc < start || pc >= start + length) break;
    step();
  }
  const registers = Object.fromEntries(ARM_VECTOR_FIELDS.map(({ name, index }) => [name, i32[index]]));
  return { ...state, registers, memory };
}

function machine(model: Model, { registers, memory }: ArmVectorState) {
  const evaluator = new Evaluator(model, memory.length);
  const bytes = new Uint8Array(evaluator.memory.buffer);
  bytes.set(memory);
  for (const { name, index } of ARM_VECTOR_FIELDS) evaluator.i32[index] = registers[name];
  return { memory: bytes, i32: evaluator.i32, step: () => evaluator.step() };
}

testArmVectors("the operations' formulas", evaluate);
