(** From certificates over every ring to derivatives over the reals: for any differentiable cost and activation,
    through any number of layers. *)

From Coq Require Import ZArith List Lia Bool Reals FunctionalExtensionality.
From CnnSymbolic Require Import Definitions Differentiation.
Import ListNotations.
Local Open Scope R_scope.

(** The ring of the real numbers. *)
Canonical reals : ring := Ring R 0 1 Rplus Rmult Rminus Ropp RTheory.

(** * Sums over the positions of a tensor *)

(** The sum over all positions of a tensor of that shape. On a literal shape it computes to nested sums. *)
Fixpoint total (shape : list Z) (F : list Z -> R) : R :=
  match shape with
  | [] => F []
  | n :: rest => sum 0 n (fun i => total rest (fun u => F (i :: u)))
  end.

(** What holds at all positions. On a literal shape it computes to nested quantifiers with bounds. *)
Fixpoint everywhere (shape : list Z) (P : list Z -> Prop) : Prop :=
  match shape with
  | [] => P []
  | n :: rest => forall i, (0 <= i < n)%Z -> everywhere rest (fun u => P (i :: u))
  end.

(** [count] integers from [low] on. *)
Fixpoint integers_from (count : nat) (low : Z) : list Z :=
  match count with
  | O => []
  | S rest => low :: integers_from rest (low + 1)
  end.

(** The list of the positions. *)
Fixpoint positions (shape : list Z) : list (list Z) :=
  match shape with
  | [] => [[]]
  | n :: rest => flat_map (fun i => map (cons i) (positions rest)) (integers_from (Z.to_nat n) 0)
  end.

Lemma inside_cons n shape i u : inside (n :: shape) (i :: u) = true <-> (0 <= i < n)%Z /\ inside shape u = true.
Proof. cbn [inside]. rewrite !andb_true_iff, Z.leb_le, Z.ltb_lt. reflexivity. Qed.

Lemma everywhere_inside shape : forall P, everywhere shape P -> forall u, inside shape u = true -> P u.
Proof.
  induction shape as [|n shape IH]; intros P H [|i u]; try discriminate; [intros _; exact H|].
  rewrite inside_cons. intros [bounds Hu]. apply (IH (fun u => P (i :: u))); auto.
Qed.

Lemma in_integers_from count : forall low i, In i (integers_from count low) <-> (low <= i < low + Z.of_nat count)%Z.
Proof. induction count; intros; cbn [integers_from In]; [lia|]. rewrite IHcount. lia. Qed.

Lemma in_positions shape : forall u, In u (positions shape) <-> inside shape u = true.
Proof.
  induction shape as [|n shape IH]; intros u; cbn [positions].
  - destruct u; cbn; intuition congruence.
  - rewrite in_flat_map. setoid_rewrite in_map_iff. setoid_rewrite in_integers_from. split.
    + intros (i & bounds & u' & <- & Hu). rewrite inside_cons. rewrite <- IH. split; [lia|exact Hu].
    + destruct u as [|i u]; [discriminate|]. rewrite inside_cons. intros [bounds Hu].
      exists i. split; [lia|]. exists u. rewrite IH. auto.
Qed.

Lemma sum_over_positions shape : forall F, sum_over (positions shape) F = total shape F.
Proof.
  induction shape as [|n shape IH]; intros F; cbn [positions total].
  - cbn. ring.
  - unfold sum. rewrite Z.sub_0_r. generalize (Z.to_nat n) as count, 0%Z as low.
    induction count as [|count IHcount]; intros low; cbn [integers_from flat_map sum_up sum_over]; [reflexivity|].
    rewrite sum_over_app, sum_over_map, IHcount, IH. reflexivity.
Qed.

Lemma total_same shape F F' : (forall u, inside shape u = true -> F u = F' u) -> total shape F = total shape F'.
Proof. intros H. rewrite <- !sum_over_positions. apply sum_over_same. intros u. rewrite in_positions. apply H. Qed.

Lemma total_sub shape F F' : total shape (fun u => F u - F' u) = total shape F - total shape F'.
Proof. rewrite <- !sum_over_positions. apply sum_over_sub. Qed.

Lemma sum_of_zeros low high (f : Z -> R) : (forall i, f i = 0) -> sum low high f = 0.
Proof.
  intros H. unfold sum. generalize (Z.to_nat (high - low)) as count. intros count. revert low.
  induction count; intros low; cbn; [reflexivity|]. rewrite H, IHcount. ring.
Qed.

Lemma sum_single n j (f : Z -> R) :
  sum 0 n (fun i => if (i =? j)%Z then f i else 0) = if ((0 <=? j) && (j <? n))%Z then f j else 0.
Proof.
  unfold sum. rewrite Z.sub_0_r.
  enough (H : forall count low, sum_up count low (fun i => if (i =? j)%Z then f i else 0)
                 = if ((low <=? j) && (j <? low + Z.of_nat count))%Z then f j else 0).
  { rewrite H. destruct (Z.leb_spec 0 j), (Z.ltb_spec j n), (Z.ltb_spec j (0 + Z.of_nat (Z.to_nat n)));
      try reflexivity; lia. }
  induction count as [|count IH]; intros low; cbn [sum_up].
  - destruct (Z.leb_spec low j), (Z.ltb_spec j (low + Z.of_nat 0)); try reflexivity; lia.
  - rewrite IH, Nat2Z.inj_succ.
    destruct (Z.eqb_spec low j), (Z.leb_spec low j), (Z.leb_spec (low + 1) j),
      (Z.ltb_spec j (low + 1 + Z.of_nat count)), (Z.ltb_spec j (low + Z.succ (Z.of_nat count)));
      try lia; subst; cbn; ring.
Qed.

Lemma total_single shape : forall k F,
  total shape (fun u => F u * guard (same u k) 1) = guard (inside shape k) (F k).
Proof.
  induction shape as [|n shape IH]; intros [|j k] F; cbn [total].
  - cbn. ring.
  - cbn. ring.
  - apply sum_of_zeros. intros i. rewrite (total_same _ _ (fun _ => 0 * 1)) by (intros; cbn; ring).
    rewrite (total_same _ _ (fun u => 0 - 0)), total_sub by (intros; ring). ring.
  - transitivity (sum 0 n (fun i => if (i =? j)%Z then guard (inside shape k) (F (i :: k)) else 0)).
    + f_equal. extensionality i. cbn [same]. destruct (i =? j)%Z; cbn [andb].
      * apply (IH k (fun u => F (i :: u))).
      * rewrite (total_same _ _ (fun u => 0 - 0)), total_sub by (intros; cbn; ring). ring.
    + rewrite (sum_single n j (fun i => guard (inside shape k) (F (i :: k)))). cbn [inside].
      destruct (0 <=? j)%Z, (j <? n)%Z, (inside shape k); reflexivity.
Qed.

(** * Layers *)

(** Backpropagation through one layer. Its conclusion has the form of its hypothesis about [C], for the cost as a
    function of the layer's parameters or of its input. *)
Theorem layer_rule (before after : list Z) (C : tensor reals -> R) (sigma dsigma : R -> R)
    (z : tensor reals -> tensor reals) (x D : tensor reals) (J : list Z -> list Z -> R) :
  differentiable (positions after) C (fun v => sigma (z x v)) D ->
  (forall v, inside after v = true -> derivable_pt_lim sigma (z x v) (dsigma (z x v))) ->
  (forall v, inside after v = true -> differentiable (positions before) (fun y => z y v) x (J v)) ->
  differentiable (positions before) (fun y => C (fun v => sigma (z y v))) x
    (fun u => total after (fun v => D v * dsigma (z x v) * J v u)).
Proof.
  intros outer activation inner.
  apply differentiable_same with (fun u => sum_over (positions after) (fun v => D v * (dsigma (z x v) * J v u))).
  - intros u _. rewrite sum_over_positions. apply total_same. intros; ring.
  - apply (chain_rule (positions before) (positions after) (fun y v => sigma (z y v)) x); [|exact outer].
    intros v. rewrite in_positions. intros Hv.
    apply (differentiable_scalar (positions before) sigma (fun y => z y v)); auto.
Qed.

(** A layer: the shapes of its input and of its output, what it does, and the partial derivative at an input
    of the output at a position [v] in the input's entry at a position [u]. *)
Record layer := Layer {
  before : list Z;
  after : list Z;
  action : tensor reals -> tensor reals;
  jacobian : tensor reals -> list Z -> list Z -> R }.

(** Layer after layer, from the first to the last. *)
Fixpoint forward (layers : list layer) (x : tensor reals) : tensor reals :=
  match layers with
  | [] => x
  | l :: rest => forward rest (action l x)
  end.

(** Reverse mode: from the derivatives [D] in the last output to those in the first input. *)
Fixpoint backward (layers : list layer) (x D : tensor reals) : tensor reals :=
  match layers with
  | [] => D
  | l :: rest => fun u => total (after l) (fun v => backward rest (action l x) D v * jacobian l x v u)
  end.

(** The shapes fit together, and every layer is differentiable at what it is given. *)
Fixpoint differentiable_layers (first : list Z) (layers : list layer) (last : list Z) (x : tensor reals) : Prop :=
  match layers with
  | [] => first = last
  | l :: rest =>
      before l = first /\
      (forall v, inside (after l) v = true ->
         differentiable (positions (before l)) (fun y => action l y v) x (jacobian l x v)) /\
      differentiable_layers (after l) rest last (action l x)
  end.

(** Reverse mode computes the derivatives of the composition. *)
Theorem reverse_mode (C : tensor reals -> R) (layers : list layer) :
  forall (first last : list Z) (x D : tensor reals),
  differentiable_layers first layers last x ->
  differentiable (positions last) C (forward layers x) D ->
  differentiable (positions first) (fun y => C (forward layers y)) x (backward layers x D).
Proof.
  induction layers as [|l rest IH]; intros first last x D; cbn [differentiable_layers forward backward].
  - intros <-. auto.
  - intros (<- & here & later) outer. specialize (IH _ _ _ _ later outer).
    eapply differentiable_same.
    2: { apply (chain_rule (positions (before l)) (positions (after l)) (action l) x (jacobian l x))
           with (C := fun y => C (forward rest y)); [|exact IH].
         intros v. rewrite in_positions. apply here. }
    intros u _. apply sum_over_positions.
Qed.

(** The partial derivative in one entry, as the derivative of a function of one real variable. *)
Theorem partial_derivative shape (C : tensor reals -> R) (x D : tensor reals) k :
  inside shape k = true -> differentiable (positions shape) C x D ->
  derivable_pt_lim (fun t => C (bump x k t)) 0 (D k).
Proof.
  intros Hk H. apply differentiable_on_line with (V := fun u => guard (same u k) 1) in H.
  rewrite sum_over_positions, total_single, Hk in H. exact H.
Qed.

(** * Affine functions *)

(** A constant and a multiple of each variable. *)
Definition is_affine {K : Type} (points : list K) (f : (K -> R) -> R) : Prop :=
  exists c E, forall y, f y = c + sum_over points (fun k => E k * y k).

(** The same for one real variable. *)
Definition is_affine_real (f : R -> R) : Prop := is_affine [tt] (fun y => f (y tt)).

Lemma is_affine_real_spelled_out f : is_affine_real f <-> exists c d, forall t, f t = c + t * d.
Proof.
  split.
  - intros (c & E & H). exists c, (E tt). intros t. specialize (H (fun _ => t)). cbn in H. rewrite H. ring.
  - intros (c & d & H). exists c, (fun _ => d). intros y. rewrite H. cbn. ring.
Qed.

Section Affine.
Context {K : Type} (points : list K).
Implicit Types f g : (K -> R) -> R.

Lemma affine_constant c : is_affine points (fun _ => c).
Proof. exists c, (fun _ => 0). intros y. rewrite sum_over_zero by (intros; ring). ring. Qed.

Lemma affine_add f g : is_affine points f -> is_affine points g -> is_affine points (fun y => f y + g y).
Proof.
  intros (c & E & H) (c' & E' & H'). exists (c + c'), (fun k => E k + E' k). intros y.
  rewrite H, H', (sum_over_same _ (fun k => (E k + E' k) * y k) (fun k => E k * y k + E' k * y k)) by (intros; ring).
  rewrite sum_over_add. ring.
Qed.

Lemma affine_scale c f : is_affine points f -> is_affine points (fun y => c * f y).
Proof.
  intros (c' & E & H). exists (c * c'), (fun k => c * E k). intros y.
  rewrite H, (sum_over_same _ (fun k => c * E k * y k) (fun k => c * (E k * y k))) by (intros; ring).
  rewrite sum_over_scale. ring.
Qed.

Lemma affine_same f g : (forall y, f y = g y) -> is_affine points f -> is_affine points g.
Proof. intros same (c & E & H). exists c, E. intros y. rewrite <- same. apply H. Qed.

Lemma affine_scale_right c f : is_affine points f -> is_affine points (fun y => f y * c).
Proof. intros H. apply affine_same with (fun y => c * f y); [intros; ring|apply affine_scale, H]. Qed.

Lemma affine_opp f : is_affine points f -> is_affine points (fun y => - f y).
Proof. intros H. apply affine_same with (fun y => -1 * f y); [intros; ring|apply affine_scale, H]. Qed.

Lemma affine_sub f g : is_affine points f -> is_affine points g -> is_affine points (fun y => f y - g y).
Proof.
  intros H H'. apply affine_same with (fun y => f y + - g y); [intros; ring|].
  apply affine_add; [exact H|apply affine_opp, H'].
Qed.

Lemma affine_guard condition f : is_affine points f -> is_affine points (fun y => guard condition (f y)).
Proof. destruct condition; cbn; [auto|intros _; apply affine_constant]. Qed.

Lemma affine_choice (condition : bool) f g :
  is_affine points f -> is_affine points g -> is_affine points (fun y => if condition then f y else g y).
Proof. destruct condition; auto. Qed.

Lemma affine_sum low high (f : (K -> R) -> Z -> R) :
  (forall i, is_affine points (fun y => f y i)) -> is_affine points (fun y => sum low high (f y)).
Proof.
  intros H. unfold sum. generalize (Z.to_nat (high - low)) as count. intros count. revert low.
  induction count as [|count IH]; intros low; cbn [sum_up]; [apply affine_constant|].
  apply (affine_add (fun y => f y low)); auto.
Qed.

End Affine.

Lemma affine_real_variable : is_affine [tt] (fun y => y tt).
Proof. exists 0, (fun _ => 1). intros y. cbn. ring. Qed.

Lemma affine_bump (x : tensor reals) k u : is_affine [tt] (fun y => bump x k (y tt) u).
Proof. exists (x u), (fun _ => guard (same u k) 1). intros y. cbn. ring. Qed.

Lemma affine_entry shape u : is_affine (positions shape) (fun y => entry shape y u).
Proof.
  exists 0, (fun k => guard (same k u) 1). intros y.
  rewrite sum_over_positions, (total_same _ _ (fun k => y k * guard (same k u) 1)), total_single by (intros; ring).
  symmetry. apply Rplus_0_l.
Qed.

(** An entry of a tensor that is computed from the variables. *)
Lemma affine_entry_of {K : Type} (points : list K) shape (x : (K -> R) -> tensor reals) u :
  is_affine points (fun y => x y u) -> is_affine points (fun y => entry shape (x y) u).
Proof. apply affine_guard. Qed.

(** * Transfer of certificates *)

(** What a certificate says about a step of length 1. *)
Lemma certified_slope shape (delta z z' : tensor reals) G :
  total shape (fun v => entry shape delta v * z' v) = total shape (fun v => entry shape delta v * z v) + 1 * G ->
  total shape (fun v => delta v * (z' v - z v)) = G.
Proof.
  intros H.
  transitivity (total shape (fun v => entry shape delta v * z' v) - total shape (fun v => entry shape delta v * z v)).
  - rewrite <- total_sub. apply total_same. intros v Hv. unfold entry. rewrite Hv. cbn. ring.
  - rewrite H. ring.
Qed.

Lemma bump_0 (x : tensor reals) k : bump x k 0 = x.
Proof. extensionality u. change (x u + 0 * guard (same u k) 1 = x u). ring. Qed.

Section Transfer.
Variables (C : tensor reals -> R) (sigma dsigma : R -> R) (D : tensor reals).

(** A real parameter [x] of the layer. *)
Theorem transfer_real shape (z : R -> tensor reals) (x G : R) :
  differentiable (positions shape) C (fun v => sigma (z x v)) D ->
  (forall v, inside shape v = true -> derivable_pt_lim sigma (z x v) (dsigma (z x v))) ->
  (forall t, total shape (fun v => entry shape (fun v => D v * dsigma (z x v)) v * z (x + t) v)
           = total shape (fun v => entry shape (fun v => D v * dsigma (z x v)) v * z x v) + t * G) ->
  (forall v, inside shape v = true -> is_affine_real (fun y => z y v)) ->
  derivable_pt_lim (fun y => C (fun v => sigma (z y v))) x G.
Proof.
  intros outer activation certificate lines. specialize (certificate 1). apply certified_slope in certificate.
  apply (real_differentiable _ x (fun _ => G)).
  apply differentiable_same with
    (fun _ => sum_over (positions shape) (fun v => D v * (dsigma (z x v) * (z (x + 1) v - z x v)))).
  { intros _ _. rewrite <- certificate, sum_over_positions. apply total_same. intros; ring. }
  apply (chain_rule [tt] (positions shape) (fun y v => sigma (z (y tt) v)) (fun _ => x)
    (fun v _ => dsigma (z x v) * (z (x + 1) v - z x v))); [|exact outer].
  intros v. rewrite in_positions. intros Hv.
  apply (differentiable_scalar [tt] sigma (fun y => z (y tt) v) _ (fun _ => z (x + 1) v - z x v)); auto.
  specialize (lines v Hv). rewrite is_affine_real_spelled_out in lines. destruct lines as (c & d & line).
  apply differentiable_affine with c. intros y. rewrite !line. cbn. ring.
Qed.

(** One entry of a tensor [x], for which the others are constants. *)
Theorem transfer shape (z : tensor reals -> tensor reals) (x : tensor reals) (k : list Z) (G : R) :
  differentiable (positions shape) C (fun v => sigma (z x v)) D ->
  (forall v, inside shape v = true -> derivable_pt_lim sigma (z x v) (dsigma (z x v))) ->
  (forall t, total shape (fun v => entry shape (fun v => D v * dsigma (z x v)) v * z (bump x k t) v)
           = total shape (fun v => entry shape (fun v => D v * dsigma (z x v)) v * z x v) + t * G) ->
  (forall v, inside shape v = true -> is_affine_real (fun t => z (bump x k t) v)) ->
  derivable_pt_lim (fun t => C (fun v => sigma (z (bump x k t) v))) 0 G.
Proof.
  intros outer activation certificate lines.
  apply (transfer_real shape (fun t => z (bump x k t))); rewrite ?bump_0; auto.
  intros t. rewrite Rplus_0_l. apply certificate.
Qed.

(** All entries of a tensor [x] at once: the conclusion has the form of the hypothesis about [C], so that it can be
    used for the layer before. *)
Theorem transfer_all (before after : list Z) (z : tensor reals -> tensor reals) (x G : tensor reals) :
  differentiable (positions after) C (fun v => sigma (z x v)) D ->
  (forall v, inside after v = true -> derivable_pt_lim sigma (z x v) (dsigma (z x v))) ->
  everywhere before (fun k => forall t,
      total after (fun v => entry after (fun v => D v * dsigma (z x v)) v * z (bump x k t) v)
    = total after (fun v => entry after (fun v => D v * dsigma (z x v)) v * z x v) + t * G k) ->
  (forall v, inside after v = true -> is_affine (positions before) (fun y => z y v)) ->
  differentiable (positions before) (fun y => C (fun v => sigma (z y v))) x G.
Proof.
  intros outer activation certificate flat.
  apply differentiable_same with (fun k => total after (fun v => D v * dsigma (z x v) * (z (bump x k 1) v - z x v))).
  { intros k. rewrite in_positions. intros Hk.
    apply (certified_slope after (fun v => D v * dsigma (z x v))). apply (everywhere_inside _ _ certificate k Hk). }
  apply (layer_rule before after C sigma dsigma z x D (fun v u => z (bump x u 1) v - z x v)); auto.
  intros v Hv. destruct (flat v Hv) as (c & E & spelled_out).
  apply differentiable_same with E; [|apply differentiable_affine with c; exact spelled_out].
  intros k. rewrite in_positions. intros Hk. rewrite !spelled_out, !sum_over_positions.
  transitivity (total before (fun u => E u * guard (same u k) 1)).
  { rewrite total_single, Hk. reflexivity. }
  transitivity (total before (fun u => E u * bump x k 1 u) - total before (fun u => E u * x u)); [|ring].
  rewrite <- total_sub. apply total_same. intros u _. unfold bump. cbn. ring.
Qed.

End Transfer.

(** Without an activation: [D] are the derivatives of the cost in the output itself. *)
Section TransferWithoutActivation.
Variables (C : tensor reals -> R) (D : tensor reals).

Let identity (x : R) : derivable_pt_lim (fun x => x) x 1 := derivable_pt_lim_id x.
Let unchanged (z : tensor reals) : (fun v => D v * (fun _ => 1) (z v)) = D.
Proof. extensionality v. change (D v * 1 = D v). ring. Qed.

Theorem transfer_linear shape (z : tensor reals -> tensor reals) (x : tensor reals) (k : list Z) (G : R) :
  differentiable (positions shape) C (z x) D ->
  (forall t, total shape (fun v => entry shape D v * z (bump x k t) v)
           = total shape (fun v => entry shape D v * z x v) + t * G) ->
  (forall v, inside shape v = true -> is_affine_real (fun t => z (bump x k t) v)) ->
  derivable_pt_lim (fun t => C (z (bump x k t))) 0 G.
Proof.
  intros outer certificate. apply (transfer C (fun x => x) (fun _ => 1) D); auto.
  cbv beta. rewrite (unchanged (z x)). exact certificate.
Qed.

Theorem transfer_all_linear (before after : list Z) (z : tensor reals -> tensor reals) (x G : tensor reals) :
  differentiable (positions after) C (z x) D ->
  everywhere before (fun k => forall t,
      total after (fun v => entry after D v * z (bump x k t) v)
    = total after (fun v => entry after D v * z x v) + t * G k) ->
  (forall v, inside after v = true -> is_affine (positions before) (fun y => z y v)) ->
  differentiable (positions before) (fun y => C (z y)) x G.
Proof.
  intros outer certificate. apply (transfer_all C (fun x => x) (fun _ => 1) D); auto.
  cbv beta. rewrite (unchanged (z x)). exact certificate.
Qed.

End TransferWithoutActivation.

(** * The activation as a step of its own *)

(** A tensor of derivatives counts at the positions only. *)
Lemma differentiable_inside shape C (A D D' : tensor reals) :
  (forall v, inside shape v = true -> D v = D' v) ->
  differentiable (positions shape) C A D -> differentiable (positions shape) C A D'.
Proof. intros equal. apply differentiable_same. intros v. rewrite in_positions. apply equal. Qed.

Lemma total_entry shape (D F : tensor reals) :
  total shape (fun v => entry shape D v * F v) = total shape (fun v => D v * F v).
Proof. apply total_same. intros v Hv. unfold entry. rewrite Hv. reflexivity. Qed.

Lemma same_symmetric u : forall v, same u v = same v u.
Proof. induction u as [|i u IH]; intros [|j v]; cbn; try reflexivity. rewrite IH, Z.eqb_sym. reflexivity. Qed.

(** A function of one variable, applied to every entry. *)
Theorem activation_rule shape (C : tensor reals -> R) (sigma dsigma : R -> R) (x D : tensor reals) :
  differentiable (positions shape) C (fun v => sigma (x v)) D ->
  (forall v, inside shape v = true -> derivable_pt_lim sigma (x v) (dsigma (x v))) ->
  differentiable (positions shape) (fun y => C (fun v => sigma (y v))) x (fun v => D v * dsigma (x v)).
Proof.
  intros outer activation.
  apply (differentiable_inside shape _ x
    (fun u => total shape (fun v => D v * dsigma (x v) * guard (same u v) 1))).
  - intros u Hu. rewrite (total_same _ _ (fun v => D v * dsigma (x v) * guard (same v u) 1))
      by (intros; rewrite same_symmetric; reflexivity).
    rewrite (total_single shape u (fun v => D v * dsigma (x v))), Hu. reflexivity.
  - apply (layer_rule shape shape C sigma dsigma (fun y => y) x D (fun v u => guard (same u v) 1)); auto.
    intros v Hv. apply differentiable_affine with 0. intros y. rewrite sum_over_positions.
    rewrite (total_same _ _ (fun u => y u * guard (same u v) 1)) by (intros; ring).
    rewrite total_single, Hv. symmetry. apply Rplus_0_l.
Qed.

(** * Tactics *)

(** A goal about all positions inside a literal shape, with the bounds of each index as hypotheses. *)
Ltac at_every_position :=
  lazymatch goal with
  | |- forall v, inside _ v = true -> _ => apply everywhere_inside
  | |- _ => idtac
  end;
  cbn [everywhere]; intros; cbv beta iota.

(** The function at the front of an application. *)
Ltac affine_head e :=
  lazymatch e with
  | ?f _ => affine_head f
  | ?f => f
  end.

(** Unfolds the name at the front of the function that is to be affine. *)
Ltac affine_unfold :=
  lazymatch goal with
  | |- is_affine ?points ?f =>
      let name := constr:(fun y => ltac:(let e := eval cbv beta iota in (f y) in let h := affine_head e in exact h)) in
      lazymatch name with
      | fun _ => ?h =>
          let f' := eval unfold h in f in
          let f' := eval cbv beta iota in f' in
          change (is_affine points f')
      end
  end.

(** That a function is affine, by its form. *)
Ltac affine_by_form :=
  cbv beta iota;
  first
    [ refine (affine_constant _ _)
    | lazymatch goal with
      | |- is_affine _ (fun y => y tt) => refine affine_real_variable
      | |- is_affine _ (fun y => bump _ _ (y tt) _) => refine (affine_bump _ _ _)
      | |- is_affine _ (fun y => entry ?shape y ?u) => refine (affine_entry shape u)
      | |- is_affine _ (fun y => entry _ _ _) => refine (affine_entry_of _ _ _ _ _)
      | |- is_affine _ (fun y => sum _ _ _) => refine (affine_sum _ _ _ _ _); intros ?
      | |- is_affine _ (fun y => guard _ _) => refine (affine_guard _ _ _ _)
      | |- is_affine _ (fun y => if ?condition then _ else _) => refine (affine_choice _ condition _ _ _ _)
      | |- is_affine _ (fun y => add _ _) => refine (affine_add _ _ _ _ _)
      | |- is_affine _ (fun y => Rplus _ _) => refine (affine_add _ _ _ _ _)
      | |- is_affine _ (fun y => sub _ _) => refine (affine_sub _ _ _ _ _)
      | |- is_affine _ (fun y => Rminus _ _) => refine (affine_sub _ _ _ _ _)
      | |- is_affine _ (fun y => opp _) => refine (affine_opp _ _ _)
      | |- is_affine _ (fun y => Ropp _) => refine (affine_opp _ _ _)
      | |- is_affine _ (fun y => mul _ _) =>
          first [refine (affine_scale _ _ _ _) | refine (affine_scale_right _ _ _ _)]
      | |- is_affine _ (fun y => Rmult _ _) =>
          first [refine (affine_scale _ _ _ _) | refine (affine_scale_right _ _ _ _)]
      | |- _ => affine_unfold
      end;
      affine_by_form ].

(** The same at all positions, for the last hypothesis of each of the transfer theorems. *)
Ltac affine := at_every_position; try unfold is_affine_real; affine_by_form.
