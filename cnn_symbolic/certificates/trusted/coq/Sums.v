(** Sums over an interval, and the integers inside a ring. *)

From Coq Require Import ZArith List Lia Ring Bool Permutation InitialRing.
From CnnSymbolic Require Export Definitions.
Import ListNotations.
Local Open Scope Z_scope.

Section Sums.
Context {R : ring}.
Add Ring ring_of_sums : (laws R).

(** ** Sums *)

Lemma sum_up_ext count : forall low (f g : Z -> R),
  (forall i, low <= i < low + Z.of_nat count -> f i = g i) -> sum_up count low f = sum_up count low g.
Proof.
  induction count as [|count IH]; intros low f g H; [reflexivity|].
  cbn [sum_up]. rewrite H by lia. f_equal. apply IH. intros i Hi. apply H. lia.
Qed.

Lemma sum_ext low high (f g : Z -> R) : (forall i, low <= i < high -> f i = g i) -> sum low high f = sum low high g.
Proof. intros H. apply sum_up_ext. intros i Hi. apply H. lia. Qed.

Lemma sum_zero low high : sum low high (fun _ => zero : R) = zero.
Proof.
  unfold sum. generalize (Z.to_nat (high - low)). intros n. revert low.
  induction n as [|n IH]; intros low; cbn [sum_up]; [|rewrite IH]; ring.
Qed.

Lemma sum_add low high (f g : Z -> R) : sum low high (fun i => (f i + g i)%ring) = (sum low high f + sum low high g)%ring.
Proof.
  unfold sum. generalize (Z.to_nat (high - low)). intros n. revert low.
  induction n as [|n IH]; intros low; cbn [sum_up]; [|rewrite IH]; ring.
Qed.

Lemma sum_mul low high c (f : Z -> R) : sum low high (fun i => (c * f i)%ring) = (c * sum low high f)%ring.
Proof.
  unfold sum. generalize (Z.to_nat (high - low)). intros n. revert low.
  induction n as [|n IH]; intros low; cbn [sum_up]; [|rewrite IH]; ring.
Qed.

(** The integers of an interval; the sum over the interval is the sum over this list. *)
Fixpoint count_up (count : nat) (low : Z) : list Z :=
  match count with O => [] | S rest => low :: count_up rest (low + 1) end.
Definition interval (low high : Z) : list Z := count_up (Z.to_nat (high - low)) low.

Lemma in_count_up count : forall low i, In i (count_up count low) <-> low <= i < low + Z.of_nat count.
Proof.
  induction count as [|count IH]; intros low i; cbn [count_up In]; [lia|].
  rewrite IH. lia.
Qed.

Lemma in_interval low high i : In i (interval low high) <-> low <= i < high.
Proof. unfold interval. rewrite in_count_up. lia. Qed.

Lemma interval_distinct low high : NoDup (interval low high).
Proof.
  unfold interval. generalize (Z.to_nat (high - low)). intros n. revert low.
  induction n as [|n IH]; intros low; cbn [count_up]; constructor; [|apply IH].
  rewrite in_count_up. lia.
Qed.

Fixpoint sum_list {A} (l : list A) (f : A -> R) : R :=
  match l with [] => zero | a :: l => add (f a) (sum_list l f) end.

Lemma sum_interval low high (f : Z -> R) : sum low high f = sum_list (interval low high) f.
Proof.
  unfold sum, interval. generalize (Z.to_nat (high - low)). intros n. revert low.
  induction n as [|n IH]; intros low; cbn; [reflexivity|]. rewrite IH. reflexivity.
Qed.

Lemma sum_list_ext {A} (l : list A) f g : (forall a, In a l -> f a = g a) -> sum_list l f = sum_list l g.
Proof.
  induction l as [|a l IH]; intros H; cbn; [reflexivity|].
  rewrite H by (left; reflexivity). f_equal. apply IH. intros b Hb. apply H. right. exact Hb.
Qed.

Lemma sum_list_map {A B} (h : A -> B) l f : sum_list (map h l) f = sum_list l (fun a => f (h a)).
Proof. induction l as [|a l IH]; cbn; [|rewrite IH]; reflexivity. Qed.

Lemma sum_list_app {A} (l m : list A) f : sum_list (l ++ m) f = (sum_list l f + sum_list m f)%ring.
Proof. induction l as [|a l IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma sum_list_flat_map {A B} (h : A -> list B) l f :
  sum_list (flat_map h l) f = sum_list l (fun a => sum_list (h a) f).
Proof. induction l as [|a l IH]; cbn; [reflexivity|]. rewrite sum_list_app, IH. reflexivity. Qed.

Lemma sum_list_filter {A} (p : A -> bool) l f : sum_list l (fun a => guard (p a) (f a)) = sum_list (filter p l) f.
Proof.
  induction l as [|a l IH]; cbn; [reflexivity|]. rewrite IH.
  destruct (p a); cbn; ring.
Qed.

Lemma sum_list_permuted {A} (l m : list A) f : Permutation l m -> sum_list l f = sum_list m f.
Proof. induction 1; cbn; try congruence; ring. Qed.

(** ** Guards *)

Lemma guard_add c (x y : R) : guard c (x + y)%ring = (guard c x + guard c y)%ring.
Proof. destruct c; cbn; ring. Qed.

Lemma guard_both c d (x y : R) : guard (c && d) (x * y)%ring = (guard c x * guard d y)%ring.
Proof. destruct c, d; cbn; ring. Qed.

Lemma guard_nested c d (x : R) : guard (c && d) x = guard c (guard d x).
Proof. destruct c, d; reflexivity. Qed.

(** ** Integers *)

Let morphism := gen_phiZ_morph (Eqsth R) (Eq_ext add mul opp) (laws R).

Lemma integer_phi n : integer n = gen_phiZ zero one add mul opp n :> R.
Proof.
  rewrite (same_genZ (Eqsth R) (Eq_ext add mul opp) (laws R)).
  assert (H : forall p, positive_integer p = gen_phiPOS1 one add mul p :> R)
    by (induction p as [p IH|p IH|]; cbn; congruence).
  destruct n; cbn; rewrite ?H; reflexivity.
Qed.

Lemma integer_1 : integer 1 = one :> R.
Proof. reflexivity. Qed.

Theorem integer_add a b : integer (a + b) = (integer a + integer b)%ring :> R.
Proof. rewrite !integer_phi. apply (morph_add morphism). Qed.

Theorem integer_mul a b : integer (a * b) = (integer a * integer b)%ring :> R.
Proof. rewrite !integer_phi. apply (morph_mul morphism). Qed.

Theorem integer_sub a b : integer (a - b) = sub (integer a) (integer b) :> R.
Proof. rewrite !integer_phi. apply (morph_sub morphism). Qed.

Theorem integer_opp a : integer (- a) = opp (integer a) :> R.
Proof. rewrite !integer_phi. apply (morph_opp morphism). Qed.

Theorem sum_constant low high (x : R) : low <= high -> sum low high (fun _ => x) = (integer (high - low) * x)%ring.
Proof.
  intros H. unfold sum. rewrite <- (Z2Nat.id (high - low)) at 2 by lia.
  generalize (Z.to_nat (high - low)). clear H. intros n. revert low.
  induction n as [|n IH]; intros low; cbn [sum_up]; [cbn; ring|].
  rewrite IH, Nat2Z.inj_succ, <- Z.add_1_l, integer_add, integer_1. ring.
Qed.

End Sums.

(** ** The integers *)

Definition integers : ring := Ring Z 0 1 Z.add Z.mul Z.sub Z.opp Zth.

Theorem integer_integers n : @integer integers n = n.
Proof.
  assert (H : forall p, @positive_integer integers p = Zpos p).
  { induction p as [p IH|p IH|]; cbn [positive_integer]; rewrite ?IH; cbn [integers carrier add mul one]; lia. }
  destruct n; cbn [integer]; rewrite ?H; reflexivity.
Qed.

(** [cbn] leaves sums and integers as they are, even those with literal bounds. *)
Arguments sum {R} low high f : simpl never.
Arguments integer {R} n : simpl never.
