(** Sums of guarded products as data: their derivatives, the same sums multiplied out, and their comparison. *)

From Coq Require Import ZArith List Lia Ring Bool Permutation.
From CnnSymbolic Require Export Definitions Sums.
Import ListNotations.
Local Open Scope Z_scope.

(** The values of the bound indices, the innermost first. *)
Definition env := list Z.

(** ** Conditions *)

Inductive condition :=
| Yes
| LessEqual (a b : env -> Z)
| Less (a b : env -> Z)
| Equal (a b : env -> Z)
| And (p q : condition)
| Or (p q : condition)
| Not (p : condition)
| SameIndex (u : env -> list Z) (k : list Z).

Fixpoint test (c : condition) (v : env) : bool :=
  match c with
  | Yes => true
  | LessEqual a b => a v <=? b v
  | Less a b => a v <? b v
  | Equal a b => a v =? b v
  | And p q => test p v && test q v
  | Or p q => test p v || test q v
  | Not p => negb (test p v)
  | SameIndex u k => same (u v) k
  end.

Fixpoint agree (u k : list Z) : Prop :=
  match u, k with
  | [], [] => True
  | i :: u, j :: k => i = j /\ agree u k
  | _, _ => False
  end.

Fixpoint holds (c : condition) (v : env) : Prop :=
  match c with
  | Yes => True
  | LessEqual a b => a v <= b v
  | Less a b => a v < b v
  | Equal a b => a v = b v
  | And p q => holds p v /\ holds q v
  | Or p q => holds p v \/ holds q v
  | Not p => ~ holds p v
  | SameIndex u k => agree (u v) k
  end.

Lemma same_agree u : forall k, same u k = true <-> agree u k.
Proof.
  induction u as [|i u IH]; intros [|j k]; cbn; try easy.
  rewrite andb_true_iff, Z.eqb_eq, IH. reflexivity.
Qed.

Lemma agree_eq u : forall k, agree u k <-> u = k.
Proof.
  induction u as [|i u IH]; intros [|j k]; cbn; try easy.
  rewrite IH. split; [intros [-> ->]; reflexivity|intros H; injection H; auto].
Qed.

Theorem test_holds c v : test c v = true <-> holds c v.
Proof.
  induction c; cbn.
  - easy.
  - apply Z.leb_le.
  - apply Z.ltb_lt.
  - apply Z.eqb_eq.
  - rewrite andb_true_iff, IHc1, IHc2. reflexivity.
  - rewrite orb_true_iff, IHc1, IHc2. reflexivity.
  - rewrite <- IHc. destruct (test c v); easy.
  - apply same_agree.
Qed.

(** The condition of [inside]; its [test] is [inside] by computation. *)
Fixpoint Inside (shape index : list (env -> Z)) : condition :=
  match shape, index with
  | [], [] => Yes
  | n :: shape, i :: index => And (And (LessEqual (fun _ => 0) i) (Less i n)) (Inside shape index)
  | _, _ => Not Yes
  end.

Fixpoint all_tests (cs : list condition) (v : env) : bool :=
  match cs with [] => true | c :: cs => test c v && all_tests cs v end.
Fixpoint all_hold (cs : list condition) (v : env) : Prop :=
  match cs with [] => True | c :: cs => holds c v /\ all_hold cs v end.

Lemma all_tests_hold cs v : all_tests cs v = true <-> all_hold cs v.
Proof.
  induction cs as [|c cs IH]; cbn; [easy|].
  rewrite andb_true_iff, test_holds, IH. reflexivity.
Qed.

Lemma all_tests_app cs ds v : all_tests (cs ++ ds) v = all_tests cs v && all_tests ds v.
Proof. induction cs as [|c cs IH]; cbn; [reflexivity|]. rewrite IH. apply andb_assoc. Qed.

(** ** Renaming of bound indices *)

(** [rho] below one more bound index. *)
Definition lift (rho : env -> env) : env -> env := fun w => match w with [] => rho [] | i :: w => i :: rho w end.
Fixpoint lifts (n : nat) (rho : env -> env) : env -> env :=
  match n with O => rho | S n => lifts n (lift rho) end.

(** The environment without its [n] innermost indices. *)
Fixpoint drop (n : nat) (w : env) : env :=
  match n, w with
  | S n, _ :: w => drop n w
  | _, _ => w
  end.

Fixpoint rename_condition (rho : env -> env) (c : condition) : condition :=
  match c with
  | Yes => Yes
  | LessEqual a b => LessEqual (fun w => a (rho w)) (fun w => b (rho w))
  | Less a b => Less (fun w => a (rho w)) (fun w => b (rho w))
  | Equal a b => Equal (fun w => a (rho w)) (fun w => b (rho w))
  | And p q => And (rename_condition rho p) (rename_condition rho q)
  | Or p q => Or (rename_condition rho p) (rename_condition rho q)
  | Not p => Not (rename_condition rho p)
  | SameIndex u k => SameIndex (fun w => u (rho w)) k
  end.

Lemma drop_append l v : drop (length l) (rev_append l v) = v.
Proof.
  rewrite rev_append_rev, <- rev_length. generalize (rev l). clear l.
  intros l. induction l as [|i l IH]; [destruct v; reflexivity|exact IH].
Qed.

Lemma test_rename rho c v : test (rename_condition rho c) v = test c (rho v).
Proof. induction c; cbn; congruence. Qed.

Lemma all_tests_rename rho cs v : all_tests (map (rename_condition rho) cs) v = all_tests cs (rho v).
Proof. induction cs as [|c cs IH]; cbn; [reflexivity|]. rewrite test_rename, IH. reflexivity. Qed.

(** ** Boxes *)

(** Nested intervals, the outermost first. The bounds of each may depend on the indices outside of it. *)
Definition bounds := list ((env -> Z) * (env -> Z)).

Fixpoint rename_box (rho : env -> env) (b : bounds) : bounds :=
  match b with
  | [] => []
  | (low, high) :: b => (fun w => low (rho w), fun w => high (rho w)) :: rename_box (lift rho) b
  end.

Lemma length_rename_box b : forall rho, length (rename_box rho b) = length b.
Proof. induction b as [|[low high] b IH]; intros rho; cbn; [|rewrite IH]; reflexivity. Qed.

(** [P] for all vectors of indices in the box. These vectors have the outermost index first. *)
Fixpoint every (b : bounds) (v : env) (P : list Z -> Prop) : Prop :=
  match b with
  | [] => P []
  | (low, high) :: b => forall i, low v <= i < high v -> every b (i :: v) (fun l => P (i :: l))
  end.

Fixpoint within (b : bounds) (l : list Z) (v : env) : Prop :=
  match b, l with
  | [], [] => True
  | (low, high) :: b, i :: l => (low v <= i < high v) /\ within b l (i :: v)
  | _, _ => False
  end.

Lemma every_within b : forall v P, every b v P -> forall l, within b l v -> P l.
Proof.
  induction b as [|[low high] b IH]; intros v P H [|i l] W; cbn in *; try tauto.
  destruct W as [Hi W]. apply (IH _ _ (H i Hi) l W).
Qed.

Lemma within_length b : forall l v, within b l v -> length l = length b.
Proof.
  induction b as [|[low high] b IH]; intros [|i l] v W; cbn in *; try tauto.
  f_equal. destruct W as [_ W]. apply (IH _ _ W).
Qed.

(** All the vectors of indices in the box. *)
Fixpoint points (b : bounds) (v : env) : list (list Z) :=
  match b with
  | [] => [[]]
  | (low, high) :: b => flat_map (fun i => map (cons i) (points b (i :: v))) (interval (low v) (high v))
  end.

Lemma in_points b : forall v l, In l (points b v) <-> within b l v.
Proof.
  induction b as [|[low high] b IH]; intros v l; cbn.
  - destruct l; cbn; intuition discriminate.
  - rewrite in_flat_map. split.
    + intros (i & Hi & H). apply in_map_iff in H as (m & <- & Hm).
      apply in_interval in Hi. apply IH in Hm. tauto.
    + destruct l as [|i l]; [easy|]. intros [Hi W]. exists i. split; [apply in_interval, Hi|].
      apply in_map, IH, W.
Qed.

Lemma cons_distinct (f : Z -> list (list Z)) l :
  (forall i, NoDup (f i)) -> NoDup l -> NoDup (flat_map (fun i => map (cons i) (f i)) l).
Proof.
  intros Hf. induction 1 as [|i l Hi Hl IH]; cbn; [constructor|].
  assert (Hm : NoDup (map (cons i) (f i))).
  { apply FinFun.Injective_map_NoDup; [intros a b E; injection E; auto|apply Hf]. }
  revert Hm. assert (Hin : forall m, In m (map (cons i) (f i)) -> exists w, m = i :: w).
  { intros m H. apply in_map_iff in H as (w & <- & _). eauto. }
  revert Hin. generalize (map (cons i) (f i)). intros ms.
  induction ms as [|m ms IHm]; cbn; intros Hin Hm; [exact IH|].
  inversion_clear Hm as [|? ? Hmm Hms]. constructor; [|apply IHm; auto].
  rewrite in_app_iff. intros [H|H]; [exact (Hmm H)|].
  destruct (Hin m (or_introl eq_refl)) as [w ->].
  apply in_flat_map in H as (j & Hj & H). apply in_map_iff in H as (u & E & _).
  injection E as -> ->. exact (Hi Hj).
Qed.

Lemma points_distinct b : forall v, NoDup (points b v).
Proof.
  induction b as [|[low high] b IH]; intros v; cbn.
  - constructor; [easy|constructor].
  - apply cons_distinct; [intros i; apply IH|apply interval_distinct].
Qed.

Section Terms.
Context {R : ring}.
Add Ring ring_of_terms : (laws R).

Fixpoint box_sum (b : bounds) (F : env -> R) (v : env) : R :=
  match b with
  | [] => F v
  | (low, high) :: b => sum (low v) (high v) (fun i => box_sum b F (i :: v))
  end.

Lemma box_sum_points b : forall F v, box_sum b F v = sum_list (points b v) (fun l => F (rev_append l v)).
Proof.
  induction b as [|[low high] b IH]; intros F v; cbn; [ring|].
  rewrite sum_interval, sum_list_flat_map. apply sum_list_ext. intros i _.
  rewrite IH, sum_list_map. reflexivity.
Qed.

Lemma box_sum_ext b F G v :
  (forall l, within b l v -> F (rev_append l v) = G (rev_append l v)) -> box_sum b F v = box_sum b G v.
Proof.
  intros H. rewrite !box_sum_points. apply sum_list_ext. intros l Hl. apply H, in_points, Hl.
Qed.

Lemma box_sum_zero b v : box_sum b (fun _ => zero) v = zero.
Proof.
  revert v. induction b as [|[low high] b IH]; intros v; cbn; [reflexivity|].
  transitivity (sum (low v) (high v) (fun _ => zero : R)); [apply sum_ext; auto|apply sum_zero].
Qed.

Lemma box_sum_add b F G : forall v, box_sum b (fun w => (F w + G w)%ring) v = (box_sum b F v + box_sum b G v)%ring.
Proof. induction b as [|[low high] b IH]; intros v; cbn; [reflexivity|]. rewrite <- sum_add. apply sum_ext. auto. Qed.

Lemma box_sum_mul b c F : forall v, box_sum b (fun w => (c * F w)%ring) v = (c * box_sum b F v)%ring.
Proof. induction b as [|[low high] b IH]; intros v; cbn; [reflexivity|]. rewrite <- sum_mul. apply sum_ext. auto. Qed.

Lemma box_sum_app b c F : forall v, box_sum (b ++ c) F v = box_sum b (box_sum c F) v.
Proof. induction b as [|[low high] b IH]; intros v; cbn; [reflexivity|]. apply sum_ext. auto. Qed.

Lemma box_sum_rename b : forall rho F v,
  box_sum (rename_box rho b) (fun w => F (lifts (length b) rho w)) v = box_sum b F (rho v).
Proof.
  induction b as [|[low high] b IH]; intros rho F v; cbn; [reflexivity|].
  apply sum_ext. intros i _. apply (IH (lift rho) F (i :: v)).
Qed.

(** ** Expressions *)

(** They are differentiated by the entries of one tensor [x], the parameter. *)
Inductive expression :=
| Value (f : env -> R)                           (* anything without the parameter *)
| ParameterAt (index : env -> list Z)            (* an entry of [x] *)
| Image (f f' : R -> R) (at_first : env -> R) (e : expression)
    (* [f], whose derivative is [f'], of what is [at_first] before [x] grows *)
| Plus (a b : expression)
| Times (a b : expression)
| Square (e : expression)
| Guarded (c : condition) (e : expression)
| Total (low high : env -> Z) (e : expression).  (* the sum over one more index *)

Fixpoint value (x : tensor R) (e : expression) (v : env) : R :=
  match e with
  | Value f => f v
  | ParameterAt index => x (index v)
  | Image f _ _ e => f (value x e v)
  | Plus a b => add (value x a v) (value x b v)
  | Times a b => mul (value x a v) (value x b v)
  | Square e => mul (value x e v) (value x e v)
  | Guarded c e => guard (test c v) (value x e v)
  | Total low high e => sum (low v) (high v) (fun i => value x e (i :: v))
  end.

(** ** Derivatives *)

(** The expression with every image as it is before [x] grows. *)
Fixpoint held (e : expression) : expression :=
  match e with
  | Value _ | ParameterAt _ => e
  | Image f _ at_first _ => Value (fun v => f (at_first v))
  | Plus a b => Plus (held a) (held b)
  | Times a b => Times (held a) (held b)
  | Square e => Square (held e)
  | Guarded c e => Guarded c (held e)
  | Total low high e => Total low high (held e)
  end.

(** The derivative by [x k]. [None] is the derivative of what does not depend on the parameter. *)
Fixpoint slope (x : tensor R) (k : list Z) (e : expression) : option expression :=
  match e with
  | Value _ => None
  | ParameterAt index => Some (Guarded (SameIndex index k) (Value (fun _ => one)))
  | Image _ f' at_first e => option_map (Times (Value (fun v => f' (at_first v)))) (slope x k e)
  | Plus a b =>
      match slope x k a, slope x k b with
      | Some a', Some b' => Some (Plus a' b')
      | Some a', None => Some a'
      | None, b' => b'
      end
  | Times a b =>
      match slope x k a, slope x k b with
      | Some a', Some b' => Some (Plus (Times a' (held b)) (Times (held a) b'))
      | Some a', None => Some (Times a' (held b))
      | None, Some b' => Some (Times (held a) b')
      | None, None => None
      end
  | Square e => option_map (Times (Times (Value (fun _ => integer 2)) (held e))) (slope x k e)
  | Guarded c e => option_map (Guarded c) (slope x k e)
  | Total low high e => option_map (Total low high) (slope x k e)
  end.

Definition value_of (x : tensor R) (o : option expression) (v : env) : R :=
  match o with Some e => value x e v | None => zero end.

Fixpoint depends (e : expression) : bool :=
  match e with
  | Value _ => false
  | ParameterAt _ => true
  | Plus a b | Times a b => depends a || depends b
  | Image _ _ _ e | Square e | Guarded _ e | Total _ _ e => depends e
  end.

(** Whether the expression is visibly of degree at most 1 in the parameter. *)
Fixpoint affine (e : expression) : bool :=
  match e with
  | Value _ | ParameterAt _ => true
  | Image _ _ _ _ => false
  | Plus a b => affine a && affine b
  | Times a b => affine a && affine b && negb (depends a && depends b)
  | Square e => affine e && negb (depends e)
  | Guarded _ e | Total _ _ e => affine e
  end.

(** Whether all images are what they are said to be, where [x] has not grown. *)
Fixpoint smooth (x : tensor R) (e : expression) (v : env) : Prop :=
  match e with
  | Value _ | ParameterAt _ => True
  | Image f f' at_first e => derivative f f' /\ at_first v = value x e v /\ smooth x e v
  | Plus a b | Times a b => smooth x a v /\ smooth x b v
  | Square e | Guarded _ e => smooth x e v
  | Total _ _ e => forall i, smooth x e (i :: v)
  end.

Lemma value_held x e : forall v, smooth x e v -> value x (held e) v = value x e v.
Proof.
  induction e as [f|index|f f' at_first e IH|a IHa b IHb|a IHa b IHb|e IH|c e IH|low high e IH]; intros v S; cbn in *.
  1-2: reflexivity.
  - destruct S as [_ [-> _]]. reflexivity.
  - destruct S. rewrite IHa, IHb by assumption. reflexivity.
  - destruct S. rewrite IHa, IHb by assumption. reflexivity.
  - rewrite IH by assumption. reflexivity.
  - rewrite IH by assumption. reflexivity.
  - apply sum_ext. intros i _. apply IH, S.
Qed.

Lemma affine_smooth x e : affine e = true -> forall v, smooth x e v.
Proof.
  induction e; cbn; intros A v; try easy.
  - apply andb_true_iff in A as [A B]. auto.
  - apply andb_true_iff in A as [A _]. apply andb_true_iff in A as [A B]. auto.
  - apply andb_true_iff in A as [A _]. auto.
  - auto.
  - auto.
Qed.

Lemma slope_depends x k e : depends e = false -> slope x k e = None.
Proof.
  induction e; cbn; try easy.
  2-3: intros H; apply orb_false_iff in H as [H1 H2]; rewrite IHe1, IHe2 by assumption; reflexivity.
  all: intros H; rewrite IHe by assumption; reflexivity.
Qed.

Lemma value_plus x k a b v :
  value_of x (slope x k (Plus a b)) v = (value_of x (slope x k a) v + value_of x (slope x k b) v)%ring.
Proof. cbn. destruct (slope x k a), (slope x k b); cbn; ring. Qed.

Lemma value_times x k a b v : smooth x a v -> smooth x b v ->
  value_of x (slope x k (Times a b)) v =
    (value_of x (slope x k a) v * value x b v + value x a v * value_of x (slope x k b) v)%ring.
Proof. intros. cbn. destruct (slope x k a), (slope x k b); cbn; rewrite ?value_held by assumption; ring. Qed.

Lemma value_square x k e v : smooth x e v ->
  value_of x (slope x k (Square e)) v = (value x e v * value_of x (slope x k e) v * (one + one))%ring.
Proof.
  intros. cbn. destruct (slope x k e); cbn; rewrite ?value_held by assumption; unfold integer; cbn; ring.
Qed.

Lemma value_image x k f f' at_first e v :
  value_of x (slope x k (Image f f' at_first e)) v = (f' (at_first v) * value_of x (slope x k e) v)%ring.
Proof. cbn. destruct (slope x k e); cbn; ring. Qed.

Lemma value_guarded x k c e v :
  value_of x (slope x k (Guarded c e)) v = guard (test c v) (value_of x (slope x k e) v).
Proof. cbn. destruct (slope x k e); cbn; [|destruct (test c v)]; reflexivity. Qed.

Lemma value_total x k low high e v :
  value_of x (slope x k (Total low high e)) v =
    sum (low v) (high v) (fun i => value_of x (slope x k e) (i :: v)).
Proof. cbn. destruct (slope x k e); cbn; [|rewrite sum_zero]; reflexivity. Qed.

Theorem slope_affine x k e : affine e = true -> forall t v,
  value (bump x k t) e v = (value x e v + t * value_of x (slope x k e) v)%ring.
Proof.
  intros A t. induction e as [f|index|f f' at_first e IH|a IHa b IHb|a IHa b IHb|e IH|c e IH|low high e IH];
    intros v; cbn in A.
  - cbn. ring.
  - reflexivity.
  - discriminate.
  - apply andb_true_iff in A as [Aa Ab]. rewrite value_plus. cbn. rewrite IHa, IHb by assumption. ring.
  - apply andb_true_iff in A as [A D]. apply andb_true_iff in A as [Aa Ab].
    rewrite value_times by (apply affine_smooth; assumption). cbn. rewrite IHa, IHb by assumption.
    apply negb_true_iff, andb_false_iff in D as [D|D]; rewrite (slope_depends _ _ _ D); cbn; ring.
  - apply andb_true_iff in A as [A D]. apply negb_true_iff in D.
    rewrite value_square by (apply affine_smooth; assumption). cbn. rewrite IH by assumption.
    rewrite (slope_depends _ _ _ D); cbn; ring.
  - rewrite value_guarded. cbn. rewrite IH by assumption. destruct (test c v); cbn; ring.
  - rewrite value_total. cbn. rewrite <- sum_mul, <- sum_add. apply sum_ext. auto.
Qed.

Theorem slope_dual x k e v : smooth x e v -> forall t, (t * t)%ring = zero ->
  value (bump x k t) e v = (value x e v + t * value_of x (slope x k e) v)%ring.
Proof.
  intros S t T. revert v S.
  induction e as [f|index|f f' at_first e IH|a IHa b IHb|a IHa b IHb|e IH|c e IH|low high e IH]; intros v S; cbn in S.
  - cbn. ring.
  - reflexivity.
  - destruct S as (derived & same & S). rewrite value_image. cbn. rewrite IH by assumption. rewrite <- same.
    rewrite derived; [ring|].
    match goal with |- (t * ?s * (t * ?s))%ring = _ => transitivity (t * t * (s * s))%ring; [ring|rewrite T; ring] end.
  - destruct S as [Sa Sb]. rewrite value_plus. cbn. rewrite IHa, IHb by assumption. ring.
  - destruct S as [Sa Sb]. rewrite value_times by assumption. cbn. rewrite IHa, IHb by assumption.
    match goal with |- ((?p + t * ?p') * (?q + t * ?q'))%ring = _ =>
      transitivity (p * q + t * (p' * q + p * q') + (t * t) * (p' * q'))%ring; [ring|rewrite T; ring] end.
  - rewrite value_square by assumption. cbn. rewrite IH by assumption.
    match goal with |- ((?p + t * ?p') * _)%ring = _ =>
      transitivity (p * p + t * (p * p' * (one + one)) + (t * t) * (p' * p'))%ring; [ring|rewrite T; ring] end.
  - rewrite value_guarded. cbn. rewrite IH by assumption. destruct (test c v); cbn; ring.
  - rewrite value_total. cbn. rewrite <- sum_mul, <- sum_add. apply sum_ext. auto.
Qed.

(** ** Multiplied out *)

(** The sum over the box of the product of the factors, where all the conditions hold. *)
Record term := Term {
  box : bounds;
  conditions : list condition;
  factors : list (env -> R) }.

Fixpoint product (fs : list (env -> R)) (v : env) : R :=
  match fs with [] => one | f :: fs => mul (f v) (product fs v) end.

Definition term_value (t : term) (v : env) : R :=
  box_sum (box t) (fun w => guard (all_tests (conditions t) w) (product (factors t) w)) v.

Fixpoint terms_value (ts : list term) (v : env) : R :=
  match ts with [] => zero | t :: ts => add (term_value t v) (terms_value ts v) end.

Definition rename_factors (rho : env -> env) (fs : list (env -> R)) : list (env -> R) := map (fun f w => f (rho w)) fs.

Definition rename_term (rho : env -> env) (t : term) : term :=
  Term (rename_box rho (box t))
    (map (rename_condition (lifts (length (box t)) rho)) (conditions t))
    (rename_factors (lifts (length (box t)) rho) (factors t)).

Definition single (f : env -> R) : term := Term [] [] [f].

Definition guard_term (c : condition) (t : term) : term :=
  Term (box t) (rename_condition (drop (length (box t))) c :: conditions t) (factors t).

Definition total_term (low high : env -> Z) (t : term) : term :=
  Term ((low, high) :: box t) (conditions t) (factors t).

Definition times_term (t u : term) : term :=
  let inner := rename_term (drop (length (box t))) u in
  let outer := drop (length (box u)) in
  Term (box t ++ box inner)
    (map (rename_condition outer) (conditions t) ++ conditions inner)
    (rename_factors outer (factors t) ++ factors inner).

Fixpoint flatten (x : tensor R) (e : expression) : list term :=
  match e with
  | Value f => [single f]
  | ParameterAt index => [single (fun v => x (index v))]
  | Image f _ _ e => [single (fun v => f (value x e v))]
  | Plus a b => flatten x a ++ flatten x b
  | Times a b => flat_map (fun t => map (times_term t) (flatten x b)) (flatten x a)
  | Square e => let ts := flatten x e in flat_map (fun t => map (times_term t) ts) ts
  | Guarded c e => map (guard_term c) (flatten x e)
  | Total low high e => map (total_term low high) (flatten x e)
  end.

Definition flatten_of (x : tensor R) (o : option expression) : list term :=
  match o with Some e => flatten x e | None => [] end.

Lemma product_rename rho fs v : product (rename_factors rho fs) v = product fs (rho v).
Proof. induction fs as [|f fs IH]; cbn; [|rewrite <- IH]; reflexivity. Qed.

Lemma product_app fs gs v : product (fs ++ gs) v = (product fs v * product gs v)%ring.
Proof. induction fs as [|f fs IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma rename_term_value rho t v : term_value (rename_term rho t) v = term_value t (rho v).
Proof.
  unfold term_value. rewrite <- box_sum_rename. apply box_sum_ext. intros l _. cbn.
  rewrite all_tests_rename, product_rename. reflexivity.
Qed.

Lemma guard_term_value c t v : term_value (guard_term c t) v = guard (test c v) (term_value t v).
Proof.
  unfold term_value. cbn. transitivity (box_sum (box t)
    (fun w => guard (test c v) (guard (all_tests (conditions t) w) (product (factors t) w))) v).
  - apply box_sum_ext. intros l W.
    rewrite test_rename, <- (within_length _ _ _ W), drop_append. apply guard_nested.
  - destruct (test c v); [reflexivity|apply box_sum_zero].
Qed.

Lemma times_term_value t u v : term_value (times_term t u) v = (term_value t v * term_value u v)%ring.
Proof.
  unfold term_value at 1. cbn [times_term box]. rewrite box_sum_app.
  transitivity (box_sum (box t)
    (fun w => (term_value u v * guard (all_tests (conditions t) w) (product (factors t) w))%ring) v).
  - apply box_sum_ext. intros l W.
    transitivity (guard (all_tests (conditions t) (rev_append l v)) (product (factors t) (rev_append l v))
      * term_value (rename_term (drop (length (box t))) u) (rev_append l v))%ring.
    + unfold term_value. rewrite <- box_sum_mul. apply box_sum_ext. intros m M.
      cbn [times_term conditions factors].
      apply within_length in M. cbn [rename_term box] in M. rewrite length_rename_box in M.
      rewrite all_tests_app, product_app, all_tests_rename, product_rename, <- M, drop_append.
      apply guard_both.
    + rewrite rename_term_value, <- (within_length _ _ _ W), drop_append. ring.
  - rewrite box_sum_mul. unfold term_value. ring.
Qed.

Lemma terms_value_app ts us v : terms_value (ts ++ us) v = (terms_value ts v + terms_value us v)%ring.
Proof. induction ts as [|t ts IH]; cbn; [|rewrite IH]; ring. Qed.

Lemma guard_terms_value c ts v : terms_value (map (guard_term c) ts) v = guard (test c v) (terms_value ts v).
Proof.
  induction ts as [|t ts IH]; cbn [map terms_value]; [destruct (test c v); reflexivity|].
  rewrite guard_add, guard_term_value, IH. reflexivity.
Qed.

Lemma total_terms_value low high ts v :
  terms_value (map (total_term low high) ts) v = sum (low v) (high v) (fun i => terms_value ts (i :: v)).
Proof.
  induction ts as [|t ts IH]; cbn [map terms_value]; [symmetry; apply sum_zero|].
  rewrite sum_add, IH. reflexivity.
Qed.

Lemma times_terms_value ts us v :
  terms_value (flat_map (fun t => map (times_term t) us) ts) v = (terms_value ts v * terms_value us v)%ring.
Proof.
  assert (One : forall t, terms_value (map (times_term t) us) v = (term_value t v * terms_value us v)%ring).
  { intros t. induction us as [|u us IH]; cbn [map terms_value]; [|rewrite times_term_value, IH]; ring. }
  induction ts as [|t ts IH]; cbn [flat_map terms_value]; [|rewrite terms_value_app, One, IH]; ring.
Qed.

Theorem flatten_value x e v : value x e v = terms_value (flatten x e) v.
Proof.
  revert v. induction e as [f|index|f f' at_first e IH|a IHa b IHb|a IHa b IHb|e IH|c e IH|low high e IH];
    intros v; cbn [value flatten].
  1-3: cbn; ring.
  - rewrite terms_value_app. congruence.
  - rewrite times_terms_value. congruence.
  - cbv zeta. rewrite times_terms_value. congruence.
  - rewrite guard_terms_value. congruence.
  - rewrite total_terms_value. apply sum_ext. auto.
Qed.

Theorem flatten_value_of x o v : value_of x o v = terms_value (flatten_of x o) v.
Proof. destruct o; [apply flatten_value|reflexivity]. Qed.

(** ** Comparing terms *)

Lemma term_value_points t : term_value t [] =
  sum_list (filter (fun l => all_tests (conditions t) (rev_append l [])) (points (box t) []))
    (fun l => product (factors t) (rev_append l [])).
Proof. unfold term_value. rewrite box_sum_points. apply sum_list_filter. Qed.

(** Two sums are equal when [f] and [g] are inverse to each other between the indices where their conditions hold. *)
Theorem reindex (t1 t2 : term) (f g : list Z -> list Z) :
  every (box t1) [] (fun l => let v := rev_append l [] in all_hold (conditions t1) v ->
    within (box t2) (f l) [] /\ all_hold (conditions t2) (rev_append (f l) []) /\ agree (g (f l)) l /\
    product (factors t1) v = product (factors t2) (rev_append (f l) [])) ->
  every (box t2) [] (fun l => all_hold (conditions t2) (rev_append l []) ->
    within (box t1) (g l) [] /\ all_hold (conditions t1) (rev_append (g l) []) /\ agree (f (g l)) l) ->
  term_value t1 [] = term_value t2 [].
Proof.
  intros H1 H2. rewrite !term_value_points.
  set (points1 := filter _ (points (box t1) [])). set (points2 := filter _ (points (box t2) [])).
  assert (In1 : forall l, In l points1 <-> within (box t1) l [] /\ all_hold (conditions t1) (rev_append l [])).
  { intros l. unfold points1. rewrite filter_In, in_points, all_tests_hold. reflexivity. }
  assert (In2 : forall l, In l points2 <-> within (box t2) l [] /\ all_hold (conditions t2) (rev_append l [])).
  { intros l. unfold points2. rewrite filter_In, in_points, all_tests_hold. reflexivity. }
  assert (There : forall l, In l points1 -> In (f l) points2 /\ g (f l) = l /\
    product (factors t1) (rev_append l []) = product (factors t2) (rev_append (f l) [])).
  { intros l Hl. apply In1 in Hl as [W C]. destruct (every_within _ _ _ H1 l W C) as (W' & C' & G & E).
    rewrite In2. apply agree_eq in G. auto. }
  assert (Back : forall l, In l points2 -> In (g l) points1 /\ f (g l) = l).
  { intros l Hl. apply In2 in Hl as [W C]. destruct (every_within _ _ _ H2 l W C) as (W' & C' & G).
    rewrite In1. apply agree_eq in G. auto. }
  transitivity (sum_list (map f points1) (fun l => product (factors t2) (rev_append l []))).
  { rewrite sum_list_map. apply sum_list_ext. intros l Hl. apply There, Hl. }
  apply sum_list_permuted, NoDup_Permutation.
  - apply (NoDup_map_inv g). rewrite map_map, (map_ext_in _ (fun l => l)), map_id.
    + apply NoDup_filter, points_distinct.
    + intros l Hl. apply There, Hl.
  - apply NoDup_filter, points_distinct.
  - intros l. rewrite in_map_iff. split.
    + intros (m & <- & Hm). apply There, Hm.
    + intros Hl. destruct (Back l Hl). eauto.
Qed.

End Terms.

(** ** Computation *)

(** [cbn] writes the terms of an expression out, and stops at their values … *)
Arguments single {R} f /.
Arguments guard_term {R} c t /.
Arguments total_term {R} low high t /.
Arguments times_term {R} t u /.
Arguments rename_term {R} rho t /.
Arguments rename_factors {R} rho fs /.
Arguments drop n w : simpl nomatch.
Arguments lift rho w : simpl nomatch.
Arguments term_value {R} t v : simpl never.

(** … and it leaves the arithmetic of the indices as it is. *)
Arguments Z.add : simpl never.
Arguments Z.sub : simpl never.
Arguments Z.mul : simpl never.
Arguments Z.opp : simpl never.
Arguments Z.div : simpl never.
Arguments Z.modulo : simpl never.
Arguments Z.max : simpl never.
Arguments Z.min : simpl never.
Arguments Z.leb : simpl never.
Arguments Z.ltb : simpl never.
Arguments Z.eqb : simpl never.
