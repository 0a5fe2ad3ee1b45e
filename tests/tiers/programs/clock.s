@ Reads of a clock that counts instructions, from loops: each must see its own instruction's time.
        .include "prelude.inc"
        vectors
start:  ldr     r8, =DEVICE
        ldr     sp, =STACK
        mov     r0, #0
        mov     r4, #0
outer:  mov     r5, #9
1:      add     r4, r4, #1
        tst     r4, #3
        ldreq   r1, [r8, #CLOCK]
        addeq   r0, r0, r1, ror #3
        ldr     r2, [r8]
        eor     r0, r0, r2
        bl      leaf
        ldr     r3, =DATA
        subs    r5, r5, #1
        str     r0, [r3, r5, lsl #2]
        bne     1b
        ldrb    r6, [r8, #CLOCK]
        add     r0, r0, r6
        b       outer
leaf:   ldmia   r8, {r6}
        ldr     r7, [r8, #CLOCK]
        sub     r6, r7, r6
        add     r0, r0, r6
        bx      lr
        .ltorg
