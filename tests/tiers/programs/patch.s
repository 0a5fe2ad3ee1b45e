@ Code that overwrites itself now and then: ahead in the same block, in another block, behind.
        .include "prelude.inc"
        vectors
start:  mov     r0, #0
        mov     r1, #3
        mov     r9, #0
        ldr     sp, =STACK
        ldr     r4, =words
outer:  add     r9, r9, #1
        tst     r9, #0x7f
        and     r6, r9, #0x80
        ldr     r5, [r4, r6, lsr #5]
        adr     r7, behind
        streq   r5, [r7]                @ behind
        ldreq   r7, =other
        streq   r5, [r7]                @ in another page
        adr     r7, ahead
        tst     r9, #0xff
        streq   r5, [r7]                @ in this very block
        eor     r0, r0, r9
ahead:  add     r0, r0, r1
        bl      other
        tst     r0, #1
        bne     outer
behind: add     r0, r0, r1
        b       outer
        .ltorg
words:  eor     r0, r0, r1, lsl #2
        sub     r0, r0, r1, ror #4
        add     r0, r0, r1
        add     r0, r0, r1
        rsb     r0, r0, r1
        .org    0x1080
other:  add     r0, r0, r1
        eor     r0, r0, r0, lsr #9
        bx      lr
