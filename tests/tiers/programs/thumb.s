@ Thumb code in loops, and changes of state there and back.
        .include "prelude.inc"
        vectors
start:  ldr     sp, =STACK
        mov     r0, #0
        mov     r1, #1
        ldr     r6, =DATA
outer:  ldr     r2, =thumb + 1
        blx     r2
        add     r0, r0, r1, ror #3
        blx     thumb2
        b       outer
        .ltorg
        .thumb
thumb:  push    {r4-r6, lr}
        movs    r4, #9
1:      lsls    r5, r1, #3
        adds    r0, r0, r5
        adcs    r1, r4
        bl      leaf
        cmp     r0, r1
        bhi     2f
        negs    r1, r1
        b       3f
2:      muls    r1, r4
3:      subs    r4, #1
        bne     1b
        pop     {r4-r6, pc}
leaf:   asrs    r5, r0, #2
        bcs     4f
        mvns    r5, r5
4:      eors    r1, r5
        bx      pc                      @ to A32 behind the next halfword
        nop
        .arm
        add     r0, r0, #0x10
        bx      lr
        .org    0x1ffe
        .thumb
thumb2: movs    r2, #4                  @ last of its page
        adds    r3, r6, #0
5:      stmia   r3!, {r0, r1}
        subs    r3, #4
        ldmia   r3!, {r0}
        ldrsb   r1, [r3, r2]
        strh    r0, [r3, #6]
        add     r0, r8
        subs    r2, #1
        bne     5b
        bx      lr
        .align  2
