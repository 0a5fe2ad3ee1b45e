import { assert, assertEquals } from "@std/assert";
import { withPlugin } from "./own_plugin.ts";
import { LOOP, LOOP_COUNTS } from "./programs.ts";
import { runWith } from "./run.ts";

const README = await Deno.readTextFile(new URL("../../plugins/instrument/README.md", import.meta.url));

/** The code under a line of the README. */
function codeUnder(title: string): string {
  const at = README.indexOf(`\`mine/${title}\``);
  return /```\w+\n(.*?)```/s.exec(README.slice(at))![1];
}

Deno.test("the README's first plugin has 15 lines or less and counts loads", async () => {
  const source = codeUnder("mine.ts");
  assert(source.trim().split("\n").length <= 15);
  await withPlugin(source, async (path) => {
    assertEquals((await runWith(LOOP, [path])).lines, [`loads: ${LOOP_COUNTS.reads}`]);
  }, codeUnder("manifest.json"));
});

Deno.test("the README names every built-in plugin, and no other", async () => {
  const folder = new URL("../../plugins/instrument/", import.meta.url);
  const there = (await Array.fromAsync(Deno.readDir(folder))).filter(({ isDirectory }) => isDirectory);
  const named = [
    ...README.slice(README.indexOf("## The built-in plugins")).matchAll(
      /\[`([a-z]+)`\]\(\1\/manifest\.json\)/g,
    ),
  ];
  assertEquals(named.map(([, name]) => name).sort(), there.map(({ name }) => name).sort());
});

/** The functions of qemu-plugin.h, API version 7, without their prefix. */
const QEMU = `install uninstall reset register_vcpu_init_cb register_vcpu_exit_cb register_vcpu_idle_cb
register_vcpu_resume_cb register_vcpu_discon_cb register_vcpu_tb_trans_cb register_vcpu_tb_exec_cb
register_vcpu_tb_exec_cond_cb register_vcpu_tb_exec_inline_per_vcpu register_vcpu_insn_exec_cb
register_vcpu_insn_exec_cond_cb register_vcpu_insn_exec_inline_per_vcpu tb_n_insns tb_vaddr tb_get_insn
insn_data insn_size insn_vaddr insn_haddr mem_size_shift mem_is_sign_extended mem_is_big_endian mem_is_store
mem_get_value get_hwaddr hwaddr_is_io hwaddr_phys_addr hwaddr_device_name register_vcpu_mem_cb
register_vcpu_mem_inline_per_vcpu request_time_control update_ns register_vcpu_syscall_cb
register_vcpu_syscall_filter_cb register_vcpu_syscall_ret_cb insn_disas insn_symbol vcpu_for_each
register_flush_cb register_atexit_cb num_vcpus outs bool_parse path_to_binary start_code end_code entry_code
get_registers read_register write_register set_pc read_memory_vaddr write_memory_vaddr read_memory_hwaddr
write_memory_hwaddr translate_vaddr scoreboard_new scoreboard_free scoreboard_find u64_add u64_get u64_set
u64_sum`.split(/\s/);

Deno.test("the README's table names every function of qemu-plugin.h", () => {
  assertEquals(QEMU.filter((name) => !README.includes(`\`qemu_plugin_${name}\``)), []);
});
