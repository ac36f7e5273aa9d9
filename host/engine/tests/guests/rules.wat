;; A plugin of rules that does what the first byte of a message says; anything else is a finding `seen`.
;; Records, by the canonical ABI: a message has 136 bytes with its text at 60, its hits at 112 and its preceding messages at
;; 124; a finding has 32 with the rule at 4, the severity at 12, the spans at 16 and the reasons at 24.
;;
;; Memory: 16 results; 64 names and texts; 128 what was remembered; 200 the level of the settings; 208 a reason; 256 spans.
(module
  (import "proviso:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (table $table 4 funcref)
  (elem (i32.const 0) $down)
  (global $free (mut i32) (i32.const 4096))
  (global $count (mut i32) (i32.const 0))
  (global $findings (mut i32) (i32.const 0))
  (data (i32.const 64) "seen")
  (data (i32.const 72) "BAD NAME")
  (data (i32.const 84) "leak")
  (data (i32.const 92) "hit")
  (data (i32.const 96) "ok")
  (data (i32.const 100) "\ff\fe\fd")
  (data (i32.const 104) "two\nlines")
  (data (i32.const 116) "before")
  ;; One reason: English, "ok". One of another language with the same text. One with a line break. One that is not UTF-8.
  (data (i32.const 208) "\01\00\00\00\60\00\00\00\02\00\00\00")
  (data (i32.const 220) "\01\00\00\00\68\00\00\00\09\00\00\00")
  (data (i32.const 232) "\01\00\00\00\64\00\00\00\03\00\00\00")

  (func $realloc (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
        unreachable))
    (local.get $at))

  (func (export "proviso:policy/lifecycle@0.1.0#configure") (param $settings i32) (param $length i32) (param $lists i32) (param $list_count i32) (result i32)
    ;; Settings {"level":N}: N is kept.
    (if (i32.ge_u (local.get $length) (i32.const 11))
      (then (i32.store8 (i32.const 200) (i32.and (i32.load8_u offset=9 (local.get $settings)) (i32.const 3)))))
    (; CONFIGURE ;)
    (i32.store (i32.const 16) (i32.const 0))
    (i32.const 16))

  ;; Writes a finding for message $index.
  (func $find (param $index i32) (param $rule i32) (param $rule_length i32) (param $severity i32) (param $spans i32) (param $span_count i32) (param $reasons i32) (param $reason_count i32)
    (local $at i32)
    (local.set $at (i32.add (global.get $findings) (i32.mul (global.get $count) (i32.const 32))))
    (i32.store (local.get $at) (local.get $index))
    (i32.store offset=4 (local.get $at) (local.get $rule))
    (i32.store offset=8 (local.get $at) (local.get $rule_length))
    (i32.store8 offset=12 (local.get $at) (local.get $severity))
    (i32.store offset=16 (local.get $at) (local.get $spans))
    (i32.store offset=20 (local.get $at) (local.get $span_count))
    (i32.store offset=24 (local.get $at) (local.get $reasons))
    (i32.store offset=28 (local.get $at) (local.get $reason_count))
    (global.set $count (i32.add (global.get $count) (i32.const 1))))

  (func $seen (param $index i32)
    (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)))

  (func $span (param $index i32) (param $start i32) (param $end i32)
    (i32.store (i32.const 256) (local.get $start))
    (i32.store (i32.const 260) (local.get $end))
    (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 1) (i32.const 256) (i32.const 1) (i32.const 208) (i32.const 1)))

  (func $down (param $n i32) (result i32)
    (i32.add (call_indirect (param i32) (result i32) (i32.add (local.get $n) (i32.const 1)) (i32.const 0)) (local.get $n)))

  (func $fail (param $case i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (local.get $case))
    (i32.store (i32.const 24) (i32.const 0)))

  (func (export "proviso:policy/rules@0.1.0#evaluate") (param $messages i32) (param $message_count i32) (result i32)
    (local $index i32) (local $message i32) (local $text i32) (local $length i32) (local $act i32) (local $i i32) (local $root f64)
    (global.set $findings (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.mul (i32.add (local.get $message_count) (i32.const 100)) (i32.const 32))))
    (i32.store (i32.const 16) (i32.const 0))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $index) (local.get $message_count)))
        (local.set $message (i32.add (local.get $messages) (i32.mul (local.get $index) (i32.const 136))))
        (local.set $text (i32.load offset=60 (local.get $message)))
        (local.set $length (i32.load offset=64 (local.get $message)))
        (local.set $act (i32.const 0))
        (if (local.get $length) (then (local.set $act (i32.load8_u (local.get $text)))))
        (block $acted
          (if (i32.eq (local.get $act) (i32.const 76)) ;; L loops
            (then (loop $for_ever (br $for_ever))))
          (if (i32.eq (local.get $act) (i32.const 84)) ;; T traps
            (then unreachable))
          (if (i32.eq (local.get $act) (i32.const 71)) ;; G grows its memory without end
            (then (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable))
          (if (i32.eq (local.get $act) (i32.const 82)) ;; R recurses without end
            (then (drop (call $down (i32.const 0)))))
          (if (i32.eq (local.get $act) (i32.const 70)) ;; F fills memory over and over: few instructions, much work
            (then (loop $for_ever (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536)) (br $for_ever))))
          (if (i32.eq (local.get $act) (i32.const 65)) ;; A calculates, slowly for the fuel that it takes
            (then
              (local.set $root (f64.const 2))
              (loop $for_ever
                (local.set $root
                  (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt
                  (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt
                    (f64.add (local.get $root) (f64.const 2)))))))))))))))))))
                (br_if $for_ever (f64.gt (local.get $root) (f64.const 0))))))
          (if (i32.eq (local.get $act) (i32.const 35)) ;; # loops 300,000 times, for about 1.5 million of fuel
            (then
              (local.set $i (i32.const 300000))
              (loop $again
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br_if $again (local.get $i)))
              (call $seen (local.get $index))
              (br $acted)))
          (if (i32.and (i32.eq (local.get $act) (i32.const 77)) (i32.gt_u (local.get $message_count) (i32.const 1))) ;; M traps in company
            (then unreachable))
          (if (i32.and (i32.eq (local.get $act) (i32.const 126)) (i32.gt_u (local.get $message_count) (i32.const 1))) ;; ~ says something else in company
            (then (call $find (local.get $index) (i32.const 84) (i32.const 4) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 79)) ;; O reads outside its memory
            (then (drop (i32.load (i32.const -4)))))
          (if (i32.eq (local.get $act) (i32.const 87)) ;; W writes the log without end
            (then (loop $for_ever (call $log (i32.const 2) (local.get $text) (local.get $length)) (br $for_ever))))
          (if (i32.eq (local.get $act) (i32.const 119)) ;; w writes one line
            (then (call $log (i32.const 1) (local.get $text) (local.get $length)) (call $seen (local.get $index)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 73)) ;; I names a message that is not there
            (then (call $seen (i32.const 9999)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 83)) ;; S gives a span behind the end
            (then (call $span (local.get $index) (i32.const 0) (i32.add (local.get $length) (i32.const 1))) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 67)) ;; C gives a span that cuts the character behind it
            (then (call $span (local.get $index) (i32.const 1) (i32.const 2)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 66)) ;; B gives a span that ends before it begins
            (then (call $span (local.get $index) (i32.const 1) (i32.const 0)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 78)) ;; N gives a name that is none
            (then (call $find (local.get $index) (i32.const 72) (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 85)) ;; U gives a name that is not UTF-8
            (then (call $find (local.get $index) (i32.const 100) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 69)) ;; E gives a severity that does not exist
            (then (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 81)) ;; Q gives no reason
            (then (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 0)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 75)) ;; K gives a reason of two lines
            (then (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 220) (i32.const 1)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 74)) ;; J gives seventeen spans
            (then (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 300) (i32.const 17) (i32.const 208) (i32.const 1)) (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 89)) ;; Y gives 65 findings
            (then
              (local.set $i (i32.const 65))
              (loop $again
                (call $seen (local.get $index))
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (br_if $again (local.get $i)))
              (br $acted)))
          (if (i32.eq (local.get $act) (i32.const 72)) ;; H answers with a list that is longer than its memory
            (then (i32.store (i32.const 20) (i32.const 4096)) (i32.store (i32.const 24) (i32.const 0x0fffffff)) (return (i32.const 16))))
          (if (i32.eq (local.get $act) (i32.const 68)) ;; D answers from outside its memory
            (then (return (i32.const 0x7ffffff0))))
          (if (i32.eq (local.get $act) (i32.const 88)) ;; X answers that it cannot judge this message
            (then (call $fail (i32.const 0)) (i32.store (i32.const 24) (local.get $index)) (return (i32.const 16))))
          (if (i32.eq (local.get $act) (i32.const 90)) ;; Z answers that it is at fault itself
            (then (call $fail (i32.const 3)) (i32.store (i32.const 24) (local.get $text)) (i32.store (i32.const 28) (local.get $length)) (return (i32.const 16))))
          (if (i32.eq (local.get $act) (i32.const 80)) ;; P peeks at what an earlier call left, in memory or in a global
            (then
              (if (i32.or (i32.load (i32.const 128)) (i32.ne (global.get $count) (local.get $index)))
                (then (call $find (local.get $index) (i32.const 84) (i32.const 4) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)))))
          (if (i32.eq (local.get $act) (i32.const 86)) ;; V tells the level of the settings
            (then (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.load8_u (i32.const 200)) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)))
          (if (i32.load offset=116 (local.get $message)) ;; a message with hits: the first hit's span
            (then
              (call $find (local.get $index) (i32.const 92) (i32.const 3) (i32.const 2) (i32.add (i32.load offset=112 (local.get $message)) (i32.const 8)) (i32.const 1) (i32.const 208) (i32.const 1))
              (br $acted)))
          (if (i32.load offset=128 (local.get $message)) ;; a message with preceding ones
            (then
              (call $find (local.get $index) (i32.const 116) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1))
              (br $acted)))
          (call $seen (local.get $index)))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    ;; What a next call must not find.
    (i32.store (i32.const 128) (i32.const 1))
    (i32.store (i32.const 20) (global.get $findings))
    (i32.store (i32.const 24) (global.get $count))
    (i32.const 16))
)
