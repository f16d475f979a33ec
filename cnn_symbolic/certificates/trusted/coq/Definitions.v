(** Everything that the statement of a certificate is made of.

    Who wants to know what was proved reads this file and the statement, and nothing else. *)

From Coq Require Import ZArith List Ring_theory.
Import ListNotations.

(** A commutative ring. A statement is about all of them: the integers, the reals, polynomials … *)
Record ring := Ring {
  carrier :> Type;
  zero : carrier;
  one : carrier;
  add : carrier -> carrier -> carrier;
  mul : carrier -> carrier -> carrier;
  sub : carrier -> carrier -> carrier;
  opp : carrier -> carrier;
  laws : ring_theory zero one add mul sub opp (@eq carrier) }.

Arguments zero {_}.
Arguments one {_}.
Arguments add {_}.
Arguments mul {_}.
Arguments sub {_}.
Arguments opp {_}.

Declare Scope ring_scope.
Delimit Scope ring_scope with ring.
Infix "+" := add : ring_scope.
Infix "*" := mul : ring_scope.

(** The entries of a tensor; the index is a list of one integer per axis. *)
Definition tensor (R : ring) : Type := list Z -> R.

Section Definitions.
Context {R : ring}.
Local Open Scope Z_scope.

(** [x] where the condition holds, else 0. *)
Definition guard (condition : bool) (x : R) : R := if condition then x else zero.

(** The sum of [f i] over all integers with [low <= i < high]. *)
Fixpoint sum_up (count : nat) (low : Z) (f : Z -> R) : R :=
  match count with
  | O => zero
  | S rest => add (f low) (sum_up rest (low + 1) f)
  end.
Definition sum (low high : Z) (f : Z -> R) : R := sum_up (Z.to_nat (high - low)) low f.

(** Whether an index lies in a tensor of that shape: [0 <= i < n] on every axis. *)
Fixpoint inside (shape index : list Z) : bool :=
  match shape, index with
  | [], [] => true
  | n :: shape, i :: index => (0 <=? i) && (i <? n) && inside shape index
  | _, _ => false
  end.

(** The entry of a tensor of that shape; outside of it there are zeros. *)
Definition entry (shape : list Z) (x : tensor R) (index : list Z) : R := guard (inside shape index) (x index).

(** Whether two indices are the same. *)
Fixpoint same (u v : list Z) : bool :=
  match u, v with
  | [], [] => true
  | i :: u, j :: v => (i =? j) && same u v
  | _, _ => false
  end.

(** The tensor whose entry at [k] has grown by [t]. *)
Definition bump (x : tensor R) (k : list Z) (t : R) : tensor R := fun u => add (x u) (mul t (guard (same u k) one)).

(** An integer as an element of the ring. *)
Fixpoint positive_integer (n : positive) : R :=
  match n with
  | xH => one
  | xO n => mul (add one one) (positive_integer n)
  | xI n => add one (mul (add one one) (positive_integer n))
  end.
Definition integer (n : Z) : R :=
  match n with
  | Z0 => zero
  | Zpos n => positive_integer n
  | Zneg n => opp (positive_integer n)
  end.

(** Reciprocals of the positive integers, where the ring has them. *)
Definition reciprocals (inverse : Z -> R) : Prop := forall n, 1 <= n -> mul (integer n) (inverse n) = one.

(** [f'] is the derivative of [f], as far as the ring can see: exactly, for every [t] whose square is 0. *)
Definition derivative (f f' : R -> R) : Prop :=
  forall x t, mul t t = zero -> f (add x t) = add (f x) (mul t (f' x)).

End Definitions.
