/* What start.S offers to C. */
#ifndef CPU_H
#define CPU_H
#include "types.h"

/* What save_context gives the second time. */
enum { ABORTED = 1, RETURNED = 2 };

int save_context(u32 where[10]) __attribute__((returns_twice));
void restore_context(u32 where[10], int value) __attribute__((noreturn));
void interrupts_on(void);
void alignment_check_on(void);
u32 interrupts_off(void);
void interrupts_restore(u32 state);
void fiq_allow(bool allow);
void enter(u32 at, u32 r0, u32 r1, u32 r2) __attribute__((noreturn));
u32 semihost(u32 operation, u32 parameter);
u32 cp15_id(void);
u32 cp15_cache_type(void);
u32 cp15_control(void);
u32 cp15_data_fault_status(void);
u32 cp15_instruction_fault_status(void);
u32 cp15_fault_address(void);

#endif
