@ Indirect jumps: tables of addresses, computed PCs, pointers to functions, to Thumb code too.
        .include "prelude.inc"
        vectors
start:  mov     r0, #1
        mov     r4, #0
        ldr     sp, =STACK
outer:  add     r4, r4, #1
        eor     r5, r4, r0, lsr #3
        and     r1, r5, #7
        adr     r2, table
        ldr     pc, [r2, r1, lsl #2]
table:  .word   case0, case1, case2, case3, case4, case5, case0, case1
case0:  add     r0, r0, #7
        b       next
case1:  eor     r0, r0, r4
case2:  sub     r0, r0, r4, lsl #2
        b       next
case3:  mov     r0, r0, ror #3
        b       next
case4:  orr     r0, r0, #0x80
case5:  bic     r0, r0, #0x3
next:   and     r1, r0, #3
        add     pc, pc, r1, lsl #3
        nop
        add     r0, r0, #1
        b       2f
        add     r0, r0, #2
        b       2f
        add     r0, r0, #3
        b       2f
        add     r0, r0, #4
        b       2f
2:      ldr     r2, =functions
        and     r1, r4, #3
        ldr     r2, [r2, r1, lsl #2]
        mov     r1, r0
        blx     r2
        mov     lr, pc
        bx      r2
        b       outer
functions:
        .word   f0, f1 + 1, f2, f3 + 1
        .ltorg
f0:     add     r0, r0, r1, lsr #5
        bx      lr
        .thumb
f1:     push    {r4, lr}
        lsls    r4, r0, #3
        adds    r0, r4, r1
        bl      f4
        pop     {r4, pc}
f4:     subs    r0, #9
        bx      lr
        .align  2
        .arm
        .org    0x1010
f2:     push    {lr}
        rsb     r0, r0, r1
        pop     {pc}
        .thumb
f3:     movs    r2, #3
1:      adds    r0, r0, r2
        subs    r2, #1
        bne     1b
        ldr     r2, =f3 + 1
        bx      lr
        .align  2
        .ltorg
