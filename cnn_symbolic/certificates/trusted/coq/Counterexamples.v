(** Rings, tensors and functions in numbers: what claims are refuted with. Nothing here has to be trusted. *)

From Coq Require Export ZArith List QArith Qcanon.
From CnnSymbolic Require Export Definitions Sums.
From Coq Require Import Lia Ring.
Export ListNotations.
Local Open Scope Z_scope.
Local Open Scope ring_scope.

(** ** Rings *)

(** The rational numbers, for claims with reciprocals. *)
Definition rationals : ring := Ring Qc 0%Qc 1%Qc Qcplus Qcmult Qcminus Qcopp Qcrt.
Definition fraction (q : Q) : rationals := Q2Qc q.
Definition reciprocal (n : Z) : rationals := (/ Q2Qc (inject_Z n))%Qc.

Lemma fraction_add a b : fraction a + fraction b = fraction (a + b)%Q.
Proof. apply Qc_is_canon. cbn [rationals add fraction Qcplus Q2Qc this]. rewrite !Qred_correct. reflexivity. Qed.

Lemma fraction_mul a b : fraction a * fraction b = fraction (a * b)%Q.
Proof. apply Qc_is_canon. cbn [rationals mul fraction Qcmult Q2Qc this]. rewrite !Qred_correct. reflexivity. Qed.

Theorem integer_rationals n : integer n = fraction (inject_Z n).
Proof.
  assert (positive : forall p, positive_integer p = fraction (inject_Z (Zpos p))).
  { induction p as [p IH|p IH|]; cbn [positive_integer]; [| |reflexivity]; rewrite IH.
    all: change (@one rationals) with (fraction (inject_Z 1)); rewrite ?fraction_add, ?fraction_mul, ?fraction_add.
    all: apply Q2Qc_eq_iff; unfold Qeq; cbn; lia. }
  destruct n as [|p|p]; unfold integer; [reflexivity|apply positive|rewrite positive].
  apply Qc_is_canon. cbn [rationals opp fraction Qcopp Q2Qc this]. rewrite !Qred_correct. reflexivity.
Qed.

Theorem reciprocals_rationals : reciprocals reciprocal.
Proof.
  intros n positive. rewrite integer_rationals. apply Qcmult_inv_r. intros none.
  apply Q2Qc_eq_iff in none. unfold Qeq in none. cbn in none. lia.
Qed.

(** The numbers [a + b * e] with [a] and [b] in a ring, and with [e * e = 0]: for claims that are not affine. *)
Section Duals.
Context {R : ring}.
Add Ring ring_of_duals : (laws R).

Lemma dual_laws : ring_theory (zero, zero) (one, zero)
  (fun x y : R * R => (fst x + fst y, snd x + snd y))
  (fun x y => (fst x * fst y, fst x * snd y + snd x * fst y))
  (fun x y => (sub (fst x) (fst y), sub (snd x) (snd y)))
  (fun x => (opp (fst x), opp (snd x))) (@eq (R * R)).
Proof.
  constructor; intros; repeat match goal with x : prod _ _ |- _ => destruct x end; cbn [fst snd]; f_equal; ring.
Qed.
Definition duals : ring := Ring (R * R) _ _ _ _ _ _ dual_laws.

Definition constant (x : R) : duals := (x, zero).
Definition infinitesimal : duals := (zero, one).

Theorem infinitesimal_square : infinitesimal * infinitesimal = zero.
Proof. cbn. f_equal; ring. Qed.

Lemma integer_duals n : integer n = constant (integer n).
Proof.
  assert (positive : forall p, positive_integer p = constant (positive_integer p)).
  { induction p as [p IH|p IH|]; cbn [positive_integer]; rewrite ?IH; [| |reflexivity]; cbn; unfold constant;
      f_equal; ring. }
  destruct n as [|p|p]; unfold integer; [reflexivity|apply positive|rewrite positive].
  cbn. unfold constant. f_equal. ring.
Qed.

Theorem reciprocals_duals (inverse : Z -> R) : reciprocals inverse -> reciprocals (fun n => constant (inverse n)).
Proof. intros H n positive. rewrite integer_duals. 
  cbn [duals mul constant fst snd]. unfold constant. rewrite H by exact positive.
  change (@one duals) with (@one R, @zero R). f_equal. ring. Qed.

(** A function on the duals, whose derivative begins with [f']. *)
Definition lift (f f' : R -> R) : duals -> duals := fun x => (f (fst x), snd x * f' (fst x)).

Definition reduced : Prop := forall x : R, x * x = zero -> x = zero.

Theorem derivative_lift f f' f'' : reduced -> derivative (lift f f') (lift f' f'').
Proof.
  intros H [a b] [c d] square. injection square as square _. apply H in square. subst c.
  unfold lift. cbn [duals add mul fst snd].
  replace (a + zero) with a by ring. f_equal; ring.
Qed.

(** ** Numbers *)

(** The polynomial with these coefficients, the constant one first. *)
Definition polynomial (coefficients : list Z) (x : R) : R :=
  fold_right (fun c value => integer c + x * value) zero coefficients.

(** Where the entry with this index stands among all entries of a tensor, the last index running fastest. *)
Fixpoint place (before : Z) (shape index : list Z) : Z :=
  match shape, index with
  | n :: shape, i :: index => place (before * n + i)%Z shape index
  | _, _ => before
  end.

(** The tensor of this shape with these entries. *)
Definition entries (shape : list Z) (values : list R) : tensor R :=
  fun index => nth (Z.to_nat (place 0 shape index)) values zero.

End Duals.
Arguments duals : clear implicits.
Arguments reduced : clear implicits.

Theorem reduced_integers : reduced integers.
Proof. intros x square. apply Z.mul_eq_0 in square. cbn. tauto. Qed.

Theorem reduced_rationals : reduced rationals.
Proof. intros x square. apply Qcmult_integral in square. cbn. tauto. Qed.

(** ** Numbers that Coq can tell apart by computing *)

Definition pair_of {A B : Type} (f : A -> B) (x : A * A) : B * B := (f (fst x), f (snd x)).

(** Conditions on numbers hold, or do not, as one finds by computing. *)
Ltac by_numbers := vm_compute; intuition discriminate.
Ltac against_numbers H := vm_compute in H; intuition discriminate.

(** Two numbers are not equal: [read] leaves nothing of them that computes slowly. *)
Ltac unequal read H := apply (f_equal read) in H; vm_compute in H; discriminate H.
