(** Differentiation of functions of finitely many real variables, and the chain rule.

    The variables have names of any type [K]; their values are a function [K -> R]; a list says which of them count. *)

From Coq Require Import List Reals Lra FunctionalExtensionality.
Import ListNotations.
Local Open Scope R_scope.

(** * Sums over a list *)

Fixpoint sum_over {K : Type} (points : list K) (f : K -> R) : R :=
  match points with
  | [] => 0
  | k :: rest => f k + sum_over rest f
  end.

Section Sums.
Context {K : Type}.
Implicit Types (points : list K) (f g : K -> R).

Lemma sum_over_same points f g : (forall k, In k points -> f k = g k) -> sum_over points f = sum_over points g.
Proof. induction points; cbn; intros H; [reflexivity|]. rewrite H, IHpoints; auto. Qed.

Lemma sum_over_zero points f : (forall k, In k points -> f k = 0) -> sum_over points f = 0.
Proof. induction points; cbn; intros H; [reflexivity|]. rewrite H, IHpoints by auto. ring. Qed.

Lemma sum_over_add points f g : sum_over points (fun k => f k + g k) = sum_over points f + sum_over points g.
Proof. induction points as [|k rest IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma sum_over_sub points f g : sum_over points (fun k => f k - g k) = sum_over points f - sum_over points g.
Proof. induction points as [|k rest IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma sum_over_scale points c f : sum_over points (fun k => c * f k) = c * sum_over points f.
Proof. induction points as [|k rest IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma sum_over_app points points' f : sum_over (points ++ points') f = sum_over points f + sum_over points' f.
Proof. induction points as [|k rest IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma sum_over_map {L : Type} (h : L -> K) (names : list L) f :
  sum_over (map h names) f = sum_over names (fun i => f (h i)).
Proof. induction names; cbn; congruence. Qed.

Lemma sum_over_le points f g : (forall k, In k points -> f k <= g k) -> sum_over points f <= sum_over points g.
Proof. induction points; cbn; intros H; [lra|]. apply Rplus_le_compat; auto. Qed.

Lemma sum_over_nonnegative points f : (forall k, In k points -> 0 <= f k) -> 0 <= sum_over points f.
Proof. induction points; cbn; intros H; [lra|]. apply Rplus_le_le_0_compat; auto. Qed.

(** The sum of the absolute values; the size of a step is measured by it. *)
Definition size points f : R := sum_over points (fun k => Rabs (f k)).

Lemma size_nonnegative points f : 0 <= size points f.
Proof. apply sum_over_nonnegative. intros; apply Rabs_pos. Qed.

Lemma size_of_sum points f : Rabs (sum_over points f) <= size points f.
Proof.
  induction points as [|k rest IH]; cbn; [rewrite Rabs_R0; lra|].
  eapply Rle_trans; [apply Rabs_triang|]. unfold size in IH. lra.
Qed.

Lemma size_of_products points f g : Rabs (sum_over points (fun k => f k * g k)) <= size points f * size points g.
Proof.
  induction points as [|k rest IH]; cbn; [rewrite Rabs_R0; lra|].
  fold (size rest f) (size rest g).
  assert (0 <= size rest f) by apply size_nonnegative. assert (0 <= size rest g) by apply size_nonnegative.
  assert (0 <= Rabs (f k)) by apply Rabs_pos. assert (0 <= Rabs (g k)) by apply Rabs_pos.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_mult. nra.
Qed.

End Sums.

Lemma sum_over_exchange {K L : Type} (points : list K) (names : list L) (F : K -> L -> R) :
  sum_over points (fun k => sum_over names (F k)) = sum_over names (fun i => sum_over points (fun k => F k i)).
Proof.
  induction points as [|k rest IH]; cbn.
  - symmetry. apply sum_over_zero. reflexivity.
  - rewrite IH, <- sum_over_add. reflexivity.
Qed.

(** * Differentiability *)

(** The step from [A] to [B]. *)
Definition step {K : Type} (A B : K -> R) : K -> R := fun k => B k - A k.

(** [C] is differentiable at [A], as a function of the variables [points], and [D] are its partial derivatives:
    the error of the linear approximation is small compared with the step (Fréchet). *)
Definition differentiable {K : Type} (points : list K) (C : (K -> R) -> R) (A D : K -> R) : Prop :=
  forall epsilon, 0 < epsilon -> exists delta, 0 < delta /\ forall B, size points (step A B) < delta ->
    Rabs (C B - C A - sum_over points (fun k => D k * step A B k)) <= epsilon * size points (step A B).

Section Differentiability.
Context {K : Type}.
Implicit Types (points : list K) (C : (K -> R) -> R) (A B D E V : K -> R).

Lemma differentiable_same points C A D D' :
  (forall k, In k points -> D k = D' k) -> differentiable points C A D -> differentiable points C A D'.
Proof.
  intros same H epsilon positive. destruct (H epsilon positive) as [delta [Hdelta bound]].
  exists delta. split; [exact Hdelta|]. intros B near.
  rewrite (sum_over_same points (fun k => D' k * step A B k) (fun k => D k * step A B k)); [apply bound, near|].
  intros k Hk. rewrite same; auto.
Qed.

(** An affine function is its own linear approximation. *)
Lemma differentiable_affine points C A E c :
  (forall B, C B = c + sum_over points (fun k => E k * B k)) -> differentiable points C A E.
Proof.
  intros affine epsilon positive. exists 1. split; [lra|]. intros B _. rewrite !affine. unfold step.
  replace (_ - _ - _) with 0.
  - rewrite Rabs_R0. apply Rmult_le_pos; [lra|apply size_nonnegative].
  - rewrite (sum_over_same points (fun k => E k * (B k - A k)) (fun k => E k * B k - E k * A k)) by (intros; ring).
    rewrite sum_over_sub. ring.
Qed.

(** A differentiable function on a line through the point. *)
Theorem differentiable_on_line points C A D V :
  differentiable points C A D ->
  derivable_pt_lim (fun t => C (fun k => A k + t * V k)) 0 (sum_over points (fun k => D k * V k)).
Proof.
  intros H epsilon positive. set (m := size points V). assert (0 <= m) by apply size_nonnegative.
  assert (small : 0 < epsilon / (m + 1)) by (apply Rdiv_lt_0_compat; lra).
  destruct (H _ small) as [delta [Hdelta bound]].
  assert (Hdelta' : 0 < delta / (m + 1)) by (apply Rdiv_lt_0_compat; lra).
  exists (mkposreal _ Hdelta'). intros h nonzero near. cbn in near. rewrite Rplus_0_l.
  replace (fun k => A k + 0 * V k) with A by (extensionality k; ring).
  assert (0 < Rabs h) by (apply Rabs_pos_lt; exact nonzero).
  set (B := fun k => A k + h * V k).
  assert (the_step : step A B = fun k => h * V k) by (extensionality k; unfold step, B; ring).
  assert (the_size : size points (step A B) = Rabs h * m).
  { unfold m, size. rewrite the_step, <- sum_over_scale. apply sum_over_same. intros. apply Rabs_mult. }
  assert (close : size points (step A B) < delta).
  { rewrite the_size. apply Rle_lt_trans with (Rabs h * (m + 1)); [apply Rmult_le_compat_l; lra|].
    apply Rmult_lt_reg_r with (/ (m + 1)); [apply Rinv_0_lt_compat; lra|].
    rewrite Rmult_assoc, Rinv_r by lra. rewrite Rmult_1_r. exact near. }
  specialize (bound B close). rewrite the_size in bound.
  rewrite (sum_over_same points _ (fun k => h * (D k * V k))), sum_over_scale in bound
    by (intros; rewrite the_step; ring).
  replace ((C B - C A) / h - _) with ((C B - C A - h * sum_over points (fun k => D k * V k)) / h)
    by (field; exact nonzero).
  unfold Rdiv at 1. rewrite Rabs_mult, Rabs_inv.
  apply Rle_lt_trans with (epsilon / (m + 1) * (Rabs h * m) * / Rabs h).
  { apply Rmult_le_compat_r; [left; apply Rinv_0_lt_compat|]; assumption. }
  apply Rlt_le_trans with (epsilon / (m + 1) * (m + 1)); [|right; field; lra].
  replace (_ * / Rabs h) with (epsilon / (m + 1) * m) by (field; split; lra).
  apply Rmult_lt_compat_l; lra.
Qed.

End Differentiability.

(** * The chain rule *)

Section Chain.
Context {K I : Type}.
Variables (points : list K) (outputs : list I) (g : (K -> R) -> I -> R) (A : K -> R) (E : I -> K -> R).
Hypothesis inner : forall i, In i outputs -> differentiable points (fun B => g B i) A (E i).

(** The linear approximation of the change of the [i]-th inner function. *)
Let linear (i : I) (B : K -> R) : R := sum_over points (fun k => E i k * step A B k).

(** One [delta] does for all the inner functions, since they are finitely many. *)
Lemma uniform epsilon : 0 < epsilon -> exists delta, 0 < delta /\ forall B, size points (step A B) < delta ->
  forall i, In i outputs -> Rabs (g B i - g A i - linear i B) <= epsilon * size points (step A B).
Proof.
  intros positive. revert inner. induction outputs as [|j rest IH]; intros H.
  - exists 1. split; [lra|]. intros B _ i [].
  - destruct IH as [delta1 [positive1 bound1]]; [intros; apply H; right; assumption|].
    destruct (H j (or_introl eq_refl) epsilon positive) as [delta2 [positive2 bound2]].
    exists (Rmin delta1 delta2). split; [apply Rmin_pos; assumption|]. intros B near i [<-|Hi].
    + apply bound2. eapply Rlt_le_trans; [exact near|apply Rmin_r].
    + apply bound1; [|exact Hi]. eapply Rlt_le_trans; [exact near|apply Rmin_l].
Qed.

(** The inner functions change at most in proportion to the step. *)
Lemma proportional : exists M delta, 0 < M /\ 0 < delta /\ forall B, size points (step A B) < delta ->
  size outputs (step (g A) (g B)) <= M * size points (step A B).
Proof.
  destruct (uniform 1 Rlt_0_1) as [delta [positive bound]].
  exists (sum_over outputs (fun i => 1 + size points (E i)) + 1), delta.
  assert (0 <= sum_over outputs (fun i => 1 + size points (E i))).
  { apply sum_over_nonnegative. intros i _. assert (0 <= size points (E i)) by apply size_nonnegative. lra. }
  split; [lra|]. split; [exact positive|]. intros B near.
  assert (0 <= size points (step A B)) by apply size_nonnegative.
  apply Rle_trans with (sum_over outputs (fun i => size points (step A B) * (1 + size points (E i)))).
  - apply sum_over_le. intros i Hi. specialize (bound B near i Hi).
    assert (Rabs (linear i B) <= size points (E i) * size points (step A B)) by apply size_of_products.
    unfold step at 1. replace (g B i - g A i) with ((g B i - g A i - linear i B) + linear i B) by ring.
    eapply Rle_trans; [apply Rabs_triang|]. lra.
  - rewrite sum_over_scale. lra.
Qed.

Theorem chain_rule (C : (I -> R) -> R) (D : I -> R) :
  differentiable outputs C (g A) D ->
  differentiable points (fun B => C (g B)) A (fun k => sum_over outputs (fun i => D i * E i k)).
Proof.
  intros outer epsilon positive.
  destruct proportional as (M & delta1 & HM & positive1 & bound1).
  assert (0 <= size outputs D) by apply size_nonnegative.
  assert (half : 0 < epsilon / 2 / M) by (apply Rdiv_lt_0_compat; lra).
  assert (other : 0 < epsilon / 2 / (size outputs D + 1)) by (apply Rdiv_lt_0_compat; lra).
  destruct (outer _ half) as [delta2 [positive2 bound2]]. destruct (uniform _ other) as [delta3 [positive3 bound3]].
  assert (positive4 : 0 < delta2 / M) by (apply Rdiv_lt_0_compat; lra).
  exists (Rmin delta1 (Rmin (delta2 / M) delta3)).
  split; [repeat apply Rmin_pos; assumption|]. intros B near.
  assert (near1 : size points (step A B) < delta1) by (eapply Rlt_le_trans; [exact near|apply Rmin_l]).
  assert (near' : size points (step A B) < Rmin (delta2 / M) delta3)
    by (eapply Rlt_le_trans; [exact near|apply Rmin_r]).
  assert (near2 : size points (step A B) < delta2 / M) by (eapply Rlt_le_trans; [exact near'|apply Rmin_l]).
  assert (near3 : size points (step A B) < delta3) by (eapply Rlt_le_trans; [exact near'|apply Rmin_r]).
  specialize (bound1 B near1). specialize (bound3 B near3).
  assert (0 <= size points (step A B)) by apply size_nonnegative.
  set (N := size points (step A B)) in *.
  assert (near4 : size outputs (step (g A) (g B)) < delta2).
  { eapply Rle_lt_trans; [exact bound1|]. replace delta2 with (M * (delta2 / M)) by (field; lra).
    apply Rmult_lt_compat_l; assumption. }
  specialize (bound2 (g B) near4).
  set (error := fun i => g B i - g A i - linear i B).
  replace (sum_over points _)
    with (sum_over outputs (fun i => D i * step (g A) (g B) i) - sum_over outputs (fun i => D i * error i)).
  2: { rewrite <- sum_over_sub.
       transitivity (sum_over outputs (fun i => sum_over points (fun k => D i * (E i k * step A B k)))).
       - apply sum_over_same. intros i _. rewrite sum_over_scale. unfold error, linear, step. ring.
       - rewrite sum_over_exchange. apply sum_over_same. intros k _.
         rewrite Rmult_comm, <- sum_over_scale. apply sum_over_same. intros; ring. }
  assert (first_part : epsilon / 2 / M * size outputs (step (g A) (g B)) <= epsilon / 2 * N).
  { apply Rle_trans with (epsilon / 2 / M * (M * N)); [apply Rmult_le_compat_l; lra|]. right. field. lra. }
  assert (second_part : Rabs (sum_over outputs (fun i => D i * error i)) <= epsilon / 2 * N).
  { eapply Rle_trans; [apply size_of_sum|].
    apply Rle_trans with (sum_over outputs (fun i => epsilon / 2 / (size outputs D + 1) * N * Rabs (D i))).
    - apply sum_over_le. intros i Hi. rewrite Rabs_mult, Rmult_comm.
      apply Rmult_le_compat_r; [apply Rabs_pos|apply bound3, Hi].
    - rewrite sum_over_scale. fold (size outputs D).
      apply Rle_trans with (epsilon / 2 / (size outputs D + 1) * N * (size outputs D + 1)); [|right; field; lra].
      apply Rmult_le_compat_l; [apply Rmult_le_pos|]; lra. }
  match goal with |- Rabs ?whole <= _ =>
    replace whole with ((C (g B) - C (g A) - sum_over outputs (fun i => D i * step (g A) (g B) i))
                        + sum_over outputs (fun i => D i * error i)) by ring
  end.
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

End Chain.

(** * Functions of one real variable *)

Lemma differentiable_real (f : R -> R) (A : unit -> R) d :
  derivable_pt_lim f (A tt) d -> differentiable [tt] (fun B => f (B tt)) A (fun _ => d).
Proof.
  intros H epsilon positive. destruct (H epsilon positive) as [delta bound].
  exists delta. split; [apply cond_pos|]. intros B near.
  unfold size, step in *. cbn in near |- *. rewrite Rplus_0_r in near. rewrite !Rplus_0_r. set (h := B tt - A tt) in *.
  destruct (Req_dec h 0) as [still|moves].
  - replace (B tt) with (A tt) by (unfold h in still; lra). rewrite still.
    replace (_ - _) with 0 by ring. rewrite Rabs_R0. lra.
  - specialize (bound h moves near). replace (A tt + h) with (B tt) in bound by (unfold h; ring).
    replace (f (B tt) - f (A tt) - _) with (((f (B tt) - f (A tt)) / h - d) * h) by (field; exact moves).
    rewrite Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos|]. left. exact bound.
Qed.

Lemma real_differentiable (f : R -> R) x (D : unit -> R) :
  differentiable [tt] (fun B => f (B tt)) (fun _ => x) D -> derivable_pt_lim f x (D tt).
Proof.
  intros H. apply differentiable_on_line with (V := fun _ => 1) in H. cbn in H.
  rewrite Rplus_0_r, Rmult_1_r in H. intros epsilon positive. destruct (H epsilon positive) as [delta bound].
  exists delta. intros h nonzero near. specialize (bound h nonzero near).
  replace (x + (0 + h) * 1) with (x + h) in bound by ring. replace (x + 0 * 1) with x in bound by ring. exact bound.
Qed.

(** A function of one real variable after a function of several. *)
Lemma differentiable_scalar {K : Type} (points : list K) (f : R -> R) (g : (K -> R) -> R) (A E : K -> R) d :
  derivable_pt_lim f (g A) d -> differentiable points g A E ->
  differentiable points (fun B => f (g B)) A (fun k => d * E k).
Proof.
  intros outer inner. apply differentiable_same with (fun k => sum_over [tt] (fun _ => d * E k)).
  - intros k _. cbn. ring.
  - apply (chain_rule points [tt] (fun B _ => g B) A (fun _ => E)) with (C := fun y => f (y tt)) (D := fun _ => d).
    + intros i _. exact inner.
    + apply (differentiable_real f (fun _ => g A)). exact outer.
Qed.
