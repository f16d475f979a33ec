(** Claims at fixed numbers: both sides are images of integers, and these are computed.

    Nothing here has to be trusted. *)

From Coq Require Import ZArith List Bool.
From CnnSymbolic Require Export Terms.
Export ListNotations.
Local Open Scope Z_scope.

Section Numbers.
Context {R : ring}.

Lemma sum_integer low high f (g : Z -> R) :
  (forall i, g i = integer (f i)) -> sum low high g = integer (@sum integers low high f).
Proof.
  intros H. unfold sum. generalize (Z.to_nat (high - low)). intros n. revert low.
  induction n as [|n IH]; intros low; cbn [sum_up]; [reflexivity|].
  rewrite H, IH. symmetry. apply (integer_add (f low)).
Qed.

Lemma guard_integer c n : guard c (integer n) = integer (@guard integers c n) :> R.
Proof. destruct c; reflexivity. Qed.

(** The same formula over [R] and over the integers. *)
Fixpoint image (e : @expression R) (d : @expression integers) : Prop :=
  match e, d with
  | Value f, Value g => forall v, f v = integer (g v)
  | Plus a b, Plus c d | Times a b, Times c d => image a c /\ image b d
  | Guarded p e, Guarded q d => (forall v, test p v = test q v) /\ image e d
  | Total low high e, Total low' high' d =>
      (forall v, low v = low' v) /\ (forall v, high v = high' v) /\ image e d
  | _, _ => False
  end.

Theorem image_value x y e : forall d, image e d -> forall v, value x e v = integer (value y d v).
Proof.
  induction e as [f|index|f f' at_first e _|a IHa b IHb|a IHa b IHb|e _|p e IH|low high e IH];
    intros [] H v; cbn in H |- *; try tauto.
  - apply H.
  - destruct H as [Ha Hb]. rewrite (IHa _ Ha), (IHb _ Hb). symmetry. apply integer_add.
  - destruct H as [Ha Hb]. rewrite (IHa _ Ha), (IHb _ Hb). symmetry. apply integer_mul.
  - destruct H as [Hp He]. rewrite Hp, (IH _ He). apply guard_integer.
  - destruct H as (Hl & Hh & He). rewrite Hl, Hh. apply sum_integer. intros i. apply IH, He.
Qed.

(** Equal over every ring, as the integers are equal. *)
Theorem equal_images x y e e' d d' v :
  image e d -> image e' d' -> value y d v = value y d' v -> value x e v = value x e' v.
Proof. intros H H' E. rewrite (image_value x y e d H v), (image_value x y e' d' H' v), E. reflexivity. Qed.

End Numbers.

(** ** Computation *)

(** [check] for all the indices in a box with these lengths. *)
Fixpoint everywhere (lengths : list Z) (check : list Z -> bool) : bool :=
  match lengths with
  | [] => check []
  | n :: lengths => forallb (fun k => everywhere lengths (fun l => check (k :: l))) (interval 0 n)
  end.

Fixpoint places (lengths index : list Z) : Prop :=
  match lengths, index with
  | [], [] => True
  | n :: lengths, k :: index => 0 <= k < n /\ places lengths index
  | _, _ => False
  end.

Theorem everywhere_at lengths : forall check, everywhere lengths check = true ->
  forall index, places lengths index -> check index = true.
Proof.
  induction lengths as [|n lengths IH]; intros check H [|k index] P; cbn in *; try tauto.
  destruct P as [K P]. rewrite forallb_forall in H.
  apply (IH (fun l => check (k :: l))); [apply H, in_interval, K|exact P].
Qed.

Ltac images :=
  cbn [image]; repeat match goal with |- _ /\ _ => split end; intros;
  repeat match goal with |- context [match ?v with [] => _ | _ => _ end] => is_var v; destruct v end;
  first [reflexivity | rewrite integer_integers; reflexivity].
