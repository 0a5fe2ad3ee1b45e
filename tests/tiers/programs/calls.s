@ Loops with calls: leaves, nests, recursion, over a page's end; returns by BX, LDM and MOV.
        .include "prelude.inc"
        vectors
start:  ldr     sp, =STACK
        mov     r4, #1
        mov     r0, #0
outer:  mov     r5, #7
1:      mov     r1, r5
        bl      leaf
        bl      nest
        and     r1, r5, #3
        bl      depth
        add     r4, r4, r0
        eor     r4, r4, r4, ror #5
        subs    r5, r5, #1
        bne     1b
        ldr     r2, =DATA
        and     r3, r4, #0xfc
        str     r4, [r2, r3]
        b       outer
leaf:   add     r0, r0, r1, lsl #1
        tst     r0, #4
        bxeq    lr
        eor     r0, r0, r0, lsr #3
        bx      lr
nest:   push    {r4, r5, lr}
        add     r1, r1, #1
        bl      far
        movs    r4, r0, lsr #1
        addcs   r0, r0, #5
        popcs   {r4, r5, pc}
        sub     r0, r0, #3
        pop     {r4, r5, lr}
        mov     pc, lr
depth:  push    {r1, lr}
        subs    r1, r1, #1
        blpl    depth
        pop     {r1, lr}
        add     r0, r0, r1
        bx      lr
        .ltorg
        .org    0x1ff0
far:    add     r0, r0, r1
        eor     r0, r0, r1, lsl #7
        add     r0, r0, #0x100
        sub     r0, r0, r1, ror #9
        eor     r0, r0, #1              @ 0x2000, another page
        bl      leaf2
        b       back
leaf2:  rsb     r0, r0, r1, lsl #4
        bx      lr
back:   ldr     pc, =far_end
        .ltorg
        .org    0x3000
far_end:
        ldr     lr, [sp, #8]            @ of nest, whose BL is not kept
        ldr     lr, =nest + 12
        bx      lr
        .ltorg
