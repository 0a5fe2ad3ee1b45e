@ System calls and undefined instructions from user mode, in loops; banked registers.
        .include "prelude.inc"
        vectors call=call, undefined=undefined
start:  mode    0x1b
        ldr     sp, =STACK_ABT
        mode    0x13
        ldr     sp, =STACK
        mmu_on
        mode    0x1f
        ldr     sp, =STACK_USR
        mov     r4, #0
        mov     r0, #1
        msr     cpsr_c, #0x10           @ user mode
outer:  mov     r5, #6
1:      adds    r4, r4, r0, lsl #28
        svc     #0x12
        adc     r4, r4, #0
        tst     r5, #1
        svceq   #0x34
        cmp     r5, #3
        mrceq   p15, 0, r3, c1, c0, 0   @ undefined in user mode
        sbc     r4, r4, r5
        push    {r0, r4}
        bl      leaf
        pop     {r1, r2}
        eor     r4, r4, r1
        subs    r5, r5, #1
        bne     1b
        .word   0xe7f000f0              @ undefined
        addcs   r4, r4, #9
        b       outer
leaf:   add     r0, r0, r4, ror #5
        msr     cpsr_c, #0x13           @ ignored in user mode
        bx      lr
call:   push    {r1-r3, lr}
        ldr     r1, [lr, #-4]
        and     r1, r1, #0xff
        cmp     r1, #0x12
        addeq   r0, r0, #1
        movne   r2, #3
2:      eorne   r0, r0, r2
        subsne  r2, r2, #1
        bne     2b
        mrs     r3, spsr
        eor     r0, r0, r3, lsr #28
        ldmia   sp!, {r1-r3, pc}^
undefined:
        stmdb   sp, {r13, r14}^         @ user's
        nop
        sub     lr, lr, #4
        ldrt    r3, [lr], #4
        eor     r0, r0, r3
        movs    pc, lr
        .ltorg
