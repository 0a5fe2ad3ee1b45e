@ Data aborts in the middle of a loop: the handler logs all registers, the fault, and skips the instruction.
        .include "prelude.inc"
        vectors data=abort
start:  mode    0x17
        ldr     sp, =STACK_ABT
        mode    0x13
        ldr     sp, =STACK
        ldr     r0, =LOG
        ldr     r1, =next_log
        str     r0, [r1]
        ldr     r0, =TABLE
        ldr     r1, =TABLE2 | 0x11      @ megabyte 1 by pages
        str     r1, [r0, #4]
        ldr     r0, =TABLE2
        ldr     r1, =DATA | 0xffe       @ its pages: one, none, one, one read-only, none
        str     r1, [r0]
        add     r1, r1, #0x1000
        str     r1, [r0, #8]
        add     r1, r1, #0x1000
        bic     r1, r1, #0xff0
        str     r1, [r0, #12]
        mmu_on
        ldr     r0, =0x100000
        mov     r1, #0
        mov     r2, #0
        ldr     r12, =0xdeadbeef
outer:  add     r1, r1, #1
        add     r12, r12, r12, ror #9
        ldr     r3, =0x4fff
        and     r4, r3, r12, lsr #8
        bic     r4, r4, #3
        adds    r5, r4, r12
        ldr     r6, [r0, r4]            @ may fault
        adc     r2, r2, r6              @ with the carry from before
        add     r7, r0, r4
        strb    r12, [r7], #1           @ may fault: r7 must not move
        ldr     r3, =0x1ff
        tst     r12, r3
        bne     1f
        ldr     r8, =0x100ff8
        stmia   r8!, {r1, r2, r4, r5}   @ over the end of the first page
        ldr     r8, =0x100ffc
        ldmia   r8, {r9, r10}
        ldmib   r8!, {r9, r10}
        ldr     r8, =0x100fff
        str     r12, [r8, #-3]
        ldrh    r9, [r8, #1]
1:      add     r2, r2, r7
        subs    r11, r11, #1
        bpl     outer
        mov     r11, #10
        b       outer
abort:  push    {r0-r2}
        ldr     r2, =next_log
        ldr     r1, [r2]
        stmia   r1!, {r3-r12}
        pop     {r3-r5}
        stmia   r1!, {r3-r5, lr}
        mrs     r3, spsr
        mrc     p15, 0, r4, c5, c0, 0
        mrc     p15, 0, r5, c6, c0, 0
        stmia   r1!, {r3-r5}
        bic     r1, r1, #0x1000         @ round: LOG is a multiple of 0x2000
        str     r1, [r2]
        sub     r1, r1, #4
        sub     r0, r1, #64             @ any of them will do for what follows
        mrs     r3, spsr
        ldr     r2, =saved
        ldr     r0, =0x100000
        mov     r1, r5
        mov     r2, r4
        subs    pc, lr, #4
        .ltorg
saved:  .word   0
next_log:
        .word   0
