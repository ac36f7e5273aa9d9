;; A plugin of rules that finds `seen` in every message, and does what a program of the corpus says where a message begins
;; with `!`. A program fills the places in brackets:
;; MODULE more fields of the module · PAGES of memory · REALLOC what comes first in `cabi_realloc` · CONFIGURE what comes first in
;; `configure` · CALL what comes first in `evaluate` · ACT what is done for a message with `!`; `(br $acted)` goes on to the
;; next message, falling through finds `seen` · ANSWER what comes last, before the answer is given.
;;
;; Memory: 16 the answer; 64 `seen`; 96 "ok"; 208 a reason of it; 256 scratch for spans and reasons; 1024 free for programs;
;; 4096 the heap.
(module
  (import "proviso:policy/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") (; PAGES ;))
  (global $free (mut i32) (i32.const 4096))
  (global $count (mut i32) (i32.const 0))
  (global $findings (mut i32) (i32.const 0))
  (global $configured (mut i32) (i32.const 0))
  (data (i32.const 64) "seen")
  (data (i32.const 84) "leak")
  (data (i32.const 96) "ok")
  (data (i32.const 208) "\01\00\00\00\60\00\00\00\02\00\00\00")
  (; MODULE ;)

  (func $realloc (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (; REALLOC ;)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1))) (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
        unreachable))
    (local.get $at))

  (func (export "proviso:policy/lifecycle@0.1.0#configure") (param $settings i32) (param $length i32) (param $lists i32) (param $list_count i32) (result i32)
    (local $i i32) (local $j i32)
    (; CONFIGURE ;)
    (global.set $configured (i32.const 1))
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

  ;; `leak`: something of an earlier call is there.
  (func $leak (param $index i32)
    (call $find (local.get $index) (i32.const 84) (i32.const 4) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)))

  ;; A finding with a rule of that name.
  (func $named (param $index i32) (param $rule i32) (param $length i32)
    (call $find (local.get $index) (local.get $rule) (local.get $length) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)))

  ;; A finding with one span.
  (func $span (param $index i32) (param $start i32) (param $end i32)
    (i32.store (i32.const 256) (local.get $start))
    (i32.store (i32.const 260) (local.get $end))
    (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 1) (i32.const 256) (i32.const 1) (i32.const 208) (i32.const 1)))

  ;; A finding with that many spans and reasons, which stand at these places.
  (func $lists (param $index i32) (param $spans i32) (param $span_count i32) (param $reasons i32) (param $reason_count i32)
    (call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 1) (local.get $spans) (local.get $span_count) (local.get $reasons) (local.get $reason_count)))

  ;; A finding with one reason of that text.
  (func $reason (param $index i32) (param $text i32) (param $length i32)
    (i32.store (i32.const 256) (i32.const 1))
    (i32.store (i32.const 260) (local.get $text))
    (i32.store (i32.const 264) (local.get $length))
    (call $lists (local.get $index) (i32.const 0) (i32.const 0) (i32.const 256) (i32.const 1)))

  ;; An answer that is a failure.
  (func $fail (param $case i32) (param $one i32) (param $two i32) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (local.get $case))
    (i32.store (i32.const 24) (local.get $one))
    (i32.store (i32.const 28) (local.get $two))
    (i32.const 16))

  ;; An answer that is a list.
  (func $answer (param $list i32) (param $length i32) (result i32)
    (i32.store (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (local.get $list))
    (i32.store (i32.const 24) (local.get $length))
    (i32.const 16))

  (func (export "proviso:policy/rules@0.1.0#evaluate") (param $messages i32) (param $message_count i32) (result i32)
    (local $index i32) (local $message i32) (local $text i32) (local $length i32) (local $i i32) (local $j i32) (local $f f64)
    (; CALL ;)
    (global.set $findings (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.mul (i32.add (local.get $message_count) (i32.const 100)) (i32.const 32))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $index) (local.get $message_count)))
        (local.set $message (i32.add (local.get $messages) (i32.mul (local.get $index) (i32.const 136))))
        (local.set $text (i32.load offset=60 (local.get $message)))
        (local.set $length (i32.load offset=64 (local.get $message)))
        (block $acted
          (block $other
            (br_if $other (i32.eqz (local.get $length)))
            (br_if $other (i32.ne (i32.load8_u (local.get $text)) (i32.const 33)))
            (; ACT ;))
          (call $seen (local.get $index)))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br $next)))
    (; ANSWER ;)
    (call $answer (global.get $findings) (global.get $count)))
)
