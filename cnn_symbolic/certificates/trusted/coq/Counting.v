(** Claims whose terms are counted, split or cancelled: every term is brought to the box of the entries that it reads,
    and there the weights of the terms are compared entry by entry. Nothing here has to be trusted. *)

From Coq Require Import Bool.
From CnnSymbolic Require Export Tactics.
Local Open Scope Z_scope.

Section Counting.
Context {R : ring}.
Add Ring ring_of_counting : (laws R).

(** ** Indices that do not occur in the summand *)

(** A function of the indices below [k] more of them. *)
Fixpoint weaken {A} (k : nat) (f : env -> A) : env -> A :=
  match k with O => f | S k => fun w => weaken k f (drop 1 w) end.

(** The term with one more index inside, which takes [n] values, none if [n] is negative. *)
Definition extend (n : env -> Z) (t : @term R) : term :=
  Term (box t ++ [(fun _ => 0, fun w => Z.max 0 (n w))])
    (map (rename_condition (drop 1)) (conditions t)) (rename_factors (drop 1) (factors t)).

Fixpoint counted (ns : list (env -> Z)) (t : @term R) : term :=
  match ns with [] => t | n :: ns => extend (weaken (length ns) n) (counted ns t) end.

(** How often the summand is counted, as a factor. *)
Definition number (n : env -> Z) : env -> R := fun w => integer (Z.max 0 (n w)).
Fixpoint numbered (ns : list (env -> Z)) (fs : list (env -> R)) : list (env -> R) :=
  match ns with [] => fs | n :: ns => numbered ns (number n :: fs) end.

Lemma extend_value n t :
  term_value (extend n t) [] = term_value (Term (box t) (conditions t) (number n :: factors t)) [].
Proof.
  unfold term_value. cbn [extend box conditions factors]. rewrite box_sum_app.
  apply box_sum_ext. intros l _. cbn [box_sum product]. generalize (rev_append l []). intros w.
  transitivity (sum 0 (Z.max 0 (n w)) (fun _ => guard (all_tests (conditions t) w) (product (factors t) w))).
  - apply sum_ext. intros i _. rewrite all_tests_rename, product_rename. reflexivity.
  - rewrite sum_constant, Z.sub_0_r by lia. unfold number. destruct (all_tests (conditions t) w); cbn [guard]; ring.
Qed.

Lemma weaken_number k n : weaken k (number n) = number (weaken k n).
Proof. induction k as [|k IH]; cbn [weaken]; [|rewrite IH]; reflexivity. Qed.

Lemma counted_factors b cs f fs ns :
  counted ns (Term b cs (f :: fs)) =
    Term (box (counted ns (Term b cs fs))) (conditions (counted ns (Term b cs fs)))
      (weaken (length ns) f :: factors (counted ns (Term b cs fs))).
Proof. induction ns as [|n ns IH]; cbn [counted]; [|rewrite IH]; reflexivity. Qed.

Theorem counted_value b cs ns : forall fs,
  term_value (counted ns (Term b cs fs)) [] = term_value (Term b cs (numbered ns fs)) [].
Proof.
  induction ns as [|n ns IH]; intros fs; cbn [counted numbered]; [reflexivity|].
  rewrite extend_value, <- IH, counted_factors, weaken_number. reflexivity.
Qed.

(** A term is a count times a term whose indices are the entries read: [f] and [g] lead there and back. *)
Theorem gathered t b cs fs ns (f g : list Z -> list Z) :
  let u := counted ns (Term b cs fs) in
  every (box t) [] (fun l => let v := rev_append l [] in all_hold (conditions t) v ->
    within (box u) (f l) [] /\ all_hold (conditions u) (rev_append (f l) []) /\ agree (g (f l)) l /\
    product (factors t) v = product (factors u) (rev_append (f l) [])) ->
  every (box u) [] (fun l => all_hold (conditions u) (rev_append l []) ->
    within (box t) (g l) [] /\ all_hold (conditions t) (rev_append (g l) []) /\ agree (f (g l)) l) ->
  term_value t [] = term_value (Term b cs (numbered ns fs)) [].
Proof. intros u There Back. rewrite <- counted_value. exact (reindex t u f g There Back). Qed.

(** ** Terms over the same box *)

(** The sum of terms with the same box and the same entries; each has its conditions and its numbers. *)
Fixpoint parts_value (b : bounds) (fs : list (env -> R)) (parts : list (list condition * list (env -> R))) : R :=
  match parts with
  | [] => zero
  | (cs, numbers) :: parts => add (term_value (Term b cs (numbers ++ fs)) []) (parts_value b fs parts)
  end.

(** How often one entry is counted. *)
Fixpoint weight (parts : list (list condition * list (env -> R))) (w : env) : R :=
  match parts with
  | [] => zero
  | (cs, numbers) :: parts => add (guard (all_tests cs w) (product numbers w)) (weight parts w)
  end.

Lemma parts_weight b fs parts :
  parts_value b fs parts = box_sum b (fun w => (weight parts w * product fs w)%ring) [].
Proof.
  induction parts as [|[cs numbers] parts IH]; cbn [parts_value weight].
  - symmetry. transitivity (box_sum b (fun _ => zero : R) []); [|apply box_sum_zero].
    apply box_sum_ext. intros l _. ring.
  - rewrite IH. unfold term_value. cbn [box conditions factors]. rewrite <- box_sum_add.
    apply box_sum_ext. intros l _. rewrite product_app.
    destruct (all_tests cs (rev_append l [])); cbn [guard]; ring.
Qed.

Theorem parts_differ b fs ps qs (x y : R) :
  x = parts_value b fs ps -> y = parts_value b fs qs ->
  every b [] (fun l => weight ps (rev_append l []) = weight qs (rev_append l [])) -> sub x y = zero.
Proof.
  intros -> -> H. assert (E : parts_value b fs ps = parts_value b fs qs); [|rewrite E; ring].
  rewrite !parts_weight. apply box_sum_ext.
  intros l W. rewrite (every_within _ _ _ H l W). reflexivity.
Qed.

Lemma tests_fail cs v : all_tests cs v = false -> ~ all_hold cs v.
Proof. intros H C. apply all_tests_hold in C. congruence. Qed.

Lemma equal_difference (x y : R) : x = y -> sub x y = zero.
Proof. intros ->. ring. Qed.

Lemma difference_equal (x y : R) : sub x y = zero -> x = y.
Proof. intros H. transitivity (sub x y + y)%ring; [ring|rewrite H; ring]. Qed.

Lemma literal_one : one = integer 1 :> R.
Proof. reflexivity. Qed.

Lemma literal_zero : zero = integer 0 :> R.
Proof. reflexivity. Qed.

End Counting.

(** ** Arithmetic *)

(** What is known of a quotient of a number that is not negative. *)
Lemma quotient_small a s : 0 < s -> 0 <= a -> 0 <= a / s <= a.
Proof. intros S A. split; [apply Z.div_pos; lia|apply Z.div_le_upper_bound; nia]. Qed.

Ltac small_quotients :=
  repeat match goal with
  | |- context [?a / ?s] => learn (quotient_small a s ltac:(lia) ltac:(lia))
  | H : context [?a / ?s] |- _ => learn (quotient_small a s ltac:(lia) ltac:(lia))
  end; break.
(** A multiple of the divisor is compared with a number as its quotient is. *)
Lemma below_quotient s u a : 0 < s -> s * u <= a -> u <= a / s.
Proof. intros. apply Z.div_le_lower_bound; assumption. Qed.
Lemma above_quotient s u a : 0 < s -> a < s * u -> a / s < u.
Proof. intros. apply Z.div_lt_upper_bound; assumption. Qed.
Lemma below_multiple s u a : 0 < s -> u <= a / s -> s * u <= a.
Proof. intros. pose proof (Z.mul_div_le a s). nia. Qed.
Ltac compare_quotients :=
  repeat match goal with
  | H : context [?s * ?u] |- context [?a / ?s] =>
    first [ learn (below_quotient s u a ltac:(lia) ltac:(lia)) | learn (above_quotient s u a ltac:(lia) ltac:(lia)) ]
  | H : context [?a / ?s] |- context [?s * ?u] => learn (below_multiple s u a ltac:(lia) ltac:(lia))
  end.

(** A number below a minimum is below both; a number above a maximum is above both. *)
Ltac both_bounds :=
  repeat match goal with
  | H : _ <= Z.min _ _ |- _ => apply Z.min_glb_iff in H; destruct H
  | H : _ < Z.min _ _ |- _ => apply Z.min_glb_lt_iff in H; destruct H
  | H : Z.max _ _ <= _ |- _ => apply Z.max_lub_iff in H; destruct H
  | H : Z.max _ _ < _ |- _ => apply Z.max_lub_lt_iff in H; destruct H
  end.
(** Pose what is known of products and quotients. [lia] knows of minima and maxima itself: no cases are needed. *)
Ltac posed := both_bounds; products; each_divisor multiply_by; divide.
Ltac light_arith := first [assumption | lia | solve [divide; lia]].
Ltac counting_arith :=
  first
  [ light_arith
  | solve [compare_quotients; lia]
  | solve [posed; lia]
  | solve [alone]
  | solve [divide; small_quotients; nia] ].
(** Write minima and maxima as the one number that they are, where that is known. *)
Ltac decided :=
  repeat match goal with
  | |- context [Z.max ?a ?b] => first [rewrite (Z.max_l a b) by lia | rewrite (Z.max_r a b) by lia]
  | |- context [Z.min ?a ?b] => first [rewrite (Z.min_l a b) by lia | rewrite (Z.min_r a b) by lia]
  end.

(** One integer of the ring from sums, products and differences of integers. *)
Ltac one_integer :=
  rewrite ?literal_one, ?literal_zero; rewrite <- ?integer_opp;
  repeat first [rewrite <- integer_mul | rewrite <- integer_add | rewrite <- integer_sub | rewrite <- integer_opp].
Ltac as_integers tactic := one_integer; apply f_equal; tactic.

(** Integers spelled out, for [ring]. *)
Ltac spelled :=
  rewrite ?integer_add, ?integer_sub, ?integer_mul, ?integer_opp; cbn [integer positive_integer]; unfold integer;
  cbn [positive_integer].
(** Both sides differ by a factor [integer n * inverse n]. *)
Ltac reciprocal :=
  match goal with H : reciprocals ?inverse |- ?l = ?r => match goal with |- context [inverse ?n] =>
    let one_of := fresh "one_of" in
    pose proof (H n ltac:(lia)) as one_of;
    first
    [ transitivity (mul r (mul (integer n) (inverse n))); [spelled; ring|rewrite one_of; ring]
    | transitivity (mul l (mul (integer n) (inverse n))); [rewrite one_of; ring|spelled; ring] ]
  end end.

(** ** Tactics *)

Ltac counted_out := lazy beta iota zeta delta
  [counted extend weaken number every within all_hold holds Inside agree product box conditions factors rev_append map
   app length flat_map fst snd rename_box rename_condition rename_factors rename_term lift lifts drop
   single guard_term total_term times_term].
Ltac counting_side := counted_out; intros; break; split_all; or_say ltac:(idtac; conclude counting_arith).

(** The [i]-th term of a side is a term over the box of entries. *)
Ltac gather name terms i b cs fs ns f g :=
  let a := nth_of i terms in
  assert (name : term_value a [] = term_value (Term b cs (numbered ns fs)) [])
    by (refine (gathered a b cs fs ns f g _ _); counting_side).
Ltac gather_left name i b cs fs ns f g :=
  lazymatch goal with |- terms_value ?ts [] = _ => gather name ts i b cs fs ns f g end.
Ltac gather_right name i b cs fs ns f g :=
  lazymatch goal with |- _ = terms_value ?us [] => gather name us i b cs fs ns f g end.

Ltac decide_tests :=
  repeat match goal with |- context [all_tests ?cs ?w] =>
    let T := fresh "T" in
    destruct (all_tests cs w) eqn:T; [apply all_tests_hold in T|apply tests_fail in T];
    lazy beta iota zeta delta [all_hold holds Inside agree] in T; cbn [guard]
  end.
Ltac weights :=
  cbn [every rev_append weight]; intros; decide_tests; break;
  lazy beta iota zeta delta [product app number];
  or_say ltac:(idtac; first
  [ ring
  | exfalso; light_arith
  | solve [as_integers ltac:(light_arith)]
  | reciprocal
  | by_reciprocals
  | posed; first
    [ exfalso; lia
    | solve [as_integers ltac:(lia)]
    | decided; first [solve [as_integers ltac:(lia)] | solve [align_integers counting_arith; ring]] ]
  | exfalso; counting_arith
  | as_integers ltac:(counting_arith) ]).
Ltac together p q b fs ps qs :=
  let differ := fresh "differ" in
  assert (differ := parts_differ b fs ps qs _ _ p q ltac:(weights)).

(** The [i]-th term on the left is the [j]-th one on the right. *)
Ltac pair_of i j f g :=
  pair i j f g;
  match goal with H : term_value _ [] = term_value _ [] |- _ => apply equal_difference in H end.

(** Both sides are equal, as their difference is the sum of differences that vanish. *)
Ltac vanishing total :=
  match goal with
  | H : @sub ?R ?x ?y = zero |- _ => revert H; vanishing (@add R (@sub R x y) total)
  | |- _ => transitivity total;
      [ring|intros; repeat match goal with H : sub _ _ = zero |- _ => rewrite H; clear H end; ring]
  end.
Ltac add_differences :=
  cbn [terms_value]; apply difference_equal;
  match goal with |- _ = @zero ?R => vanishing (@zero R) end.
