(** The tactics with which a generated proof discharges what is left to show: that maps between indices stay in
    their boxes, lead back, and preserve the summands. Nothing here has to be trusted. *)

From Coq Require Export ZArith List Lia Ring.
From CnnSymbolic Require Export Terms.
Export ListNotations.

(** ** Arithmetic with symbolic strides

    For [lia], a product of variables, a quotient and a remainder are mere names. It is told what it has to know of them. *)

(** [lia] without what it does first: it would ask for the sign of every factor of every product. *)
Ltac linear := xlia zchecker.

Ltac known P := match goal with H : P |- _ => idtac end.
Ltac learn P := let T := type of P in tryif known T then fail else pose proof P.

Ltac break := repeat match goal with H : _ /\ _ |- _ => destruct H end.

Lemma euclid a s : (0 < s -> a = s * (a / s) + a mod s /\ 0 <= a mod s < s)%Z.
Proof. intros H. split; [apply Z.div_mod; lia|apply Z.mod_pos_bound, H]. Qed.

Ltac euclid_in e :=
  match e with
  | context [(?a / ?s)%Z] => learn (euclid a s ltac:(linear))
  | context [(?a mod ?s)%Z] => learn (euclid a s ltac:(linear))
  end.
(** Pose what defines every quotient and remainder in sight. *)
Ltac divide_once :=
  match goal with
  | |- ?G => euclid_in G
  | H : ?T |- _ => lazymatch T with
      | (?a = ?s * (?a / ?s) + ?a mod ?s /\ _)%Z => euclid_in a
      | _ => lazymatch type of T with Prop => euclid_in T end
      end
  end.
Ltac divide := repeat divide_once; break.

(** Quotients by products as quotients of quotients, without the multiples of the divisor that are plain to see. *)
Lemma divide_twice a s t : (0 < s -> 0 < t -> a / (s * t) = a / s / t)%Z.
Proof. intros. symmetry. apply Z.div_div; lia. Qed.
Lemma without_multiple a s r : (0 < s -> a / s = (a - s * r) / s + r /\ a / s = (a + s * r) / s - r)%Z.
Proof.
  intros H. split.
  - replace (a - s * r)%Z with (a + (- r) * s)%Z by ring. rewrite Z.div_add; lia.
  - replace (a + s * r)%Z with (a + r * s)%Z by ring. rewrite Z.div_add; lia.
Qed.
Ltac nested_quotients :=
  repeat match goal with
  | |- context [(?a / (?s * ?t))%Z] => rewrite (divide_twice a s t) by linear
  | H : context [(?a / (?s * ?t))%Z] |- _ => rewrite (divide_twice a s t) in H by linear
  end.
Ltac without_multiples :=
  match goal with
  | |- context [(?a / ?s)%Z] => match a with context [(s * ?r)%Z] => is_var r; learn (without_multiple a s r ltac:(linear)) end
  end; break.

(** The greater or smaller of two numbers, by cases. *)
Ltac cases :=
  nested_quotients;
  repeat match goal with
  | |- context [Z.max ?a ?b] => destruct (Z.max_spec a b) as [[? E]|[? E]]; rewrite ?E in *; clear E
  | |- context [Z.min ?a ?b] => destruct (Z.min_spec a b) as [[? E]|[? E]]; rewrite ?E in *; clear E
  | H : context [Z.max ?a ?b] |- _ => destruct (Z.max_spec a b) as [[? E]|[? E]]; rewrite ?E in *; clear E
  | H : context [Z.min ?a ?b] |- _ => destruct (Z.min_spec a b) as [[? E]|[? E]]; rewrite ?E in *; clear E
  | |- context [if (?a <=? ?b)%Z then _ else _] => destruct (Z.leb_spec a b)
  | H : context [if (?a <=? ?b)%Z then _ else _] |- _ => destruct (Z.leb_spec a b)
  end.

(** Comparisons of what is multiplied with a symbolic number, multiplied by it. *)
Lemma multiplied_le s a b : (0 < s -> a <= b -> s * a <= s * b)%Z.
Proof. intros. apply Z.mul_le_mono_nonneg_l; lia. Qed.
Lemma multiplied_lt s a b : (0 < s -> a < b -> s * (a + 1) <= s * b)%Z.
Proof. intros. apply Z.mul_le_mono_nonneg_l; lia. Qed.
Lemma multiplied_eq s a b : (a = b -> s * a = s * b)%Z.
Proof. congruence. Qed.
Ltac occurs e := match goal with |- context [e] => idtac | _ : context [e] |- _ => idtac end.
Ltac is_multiplied s T :=
  match T with
  | context [(_ / s)%Z] => idtac
  | (?i < ?n)%Z => is_var i; is_var n; first [occurs (s * n)%Z | occurs (n * s)%Z]
  end.
Ltac multiply_by s :=
  repeat match goal with
  | H : ?T |- _ =>
    is_multiplied s T;
    lazymatch T with
    | context [(_ mod _)%Z] => fail
    | (?c * _ <= ?c * _)%Z => fail
    | (?c * _ = ?c * _)%Z => fail
    | (?a <= ?b)%Z => learn (multiplied_le s a b ltac:(linear) H)
    | (?a < ?b)%Z => learn (multiplied_lt s a b ltac:(linear) H)
    | @eq Z ?a ?b => learn (multiplied_eq s a b H)
    end
  end.
Ltac each_divisor tac :=
  repeat match goal with
  | |- context [(_ / ?s)%Z] => is_var s; progress tac s
  | |- context [(_ mod ?s)%Z] => is_var s; progress tac s
  | H : context [(_ / ?s)%Z] |- _ => is_var s; progress tac s
  | H : context [(_ mod ?s)%Z] |- _ => is_var s; progress tac s
  end.

(** The goal, multiplied by a symbolic number. *)
Lemma divide_le s a b : (0 < s -> s * a < s * b + s -> a <= b)%Z.
Proof. intros H L. assert (a < b + 1)%Z by (apply (Z.mul_lt_mono_pos_l s); lia). lia. Qed.
Lemma divide_lt s a b : (0 < s -> s * a < s * b -> a < b)%Z.
Proof. intros H L. apply (Z.mul_lt_mono_pos_l s); lia. Qed.
Lemma divide_eq s a b : (0 < s -> s * a < s * b + s -> s * b < s * a + s -> a = b)%Z.
Proof. intros H L M. apply Z.le_antisymm; apply (divide_le s); assumption. Qed.
Ltac multiplied :=
  match goal with
  | H : context [(_ / ?s)%Z] |- _ =>
    lazymatch goal with
    | |- (_ <= _)%Z => apply (divide_le s); linear
    | |- (_ < _)%Z => apply (divide_lt s); linear
    | |- @eq Z _ _ => apply (divide_eq s); linear
    end
  end.

(** Quotients of what lies less than the divisor above a multiple of it. *)
Lemma exact_quotient a s r : (0 <= a - s * r -> a - s * r < s -> a / s = r /\ a mod s = a - s * r)%Z.
Proof.
  intros H L. assert (E : a = (a - s * r + r * s)%Z) by lia.
  rewrite E at 1 2. rewrite Z.div_add, Z.mod_add, Z.div_small, Z.mod_small by lia. lia.
Qed.
Ltac multiple_below a s r := learn (exact_quotient a s r ltac:(linear) ltac:(linear)).
Ltac exactly a s :=
  first
  [ match goal with _ : context [(s * ?r)%Z] |- _ => is_var r; multiple_below a s r end
  | match goal with _ : context [(s * ?r)%Z] |- _ =>
      lazymatch r with (a / s)%Z => fail | _ => multiple_below a s r end
    end ].
(** Do something with the parts of every quotient in sight, once; [seen] are those that it was done with. *)
Ltac each_quotient_but seen tac :=
  match goal with
  | _ : context [(?a / ?s)%Z] |- _ =>
    lazymatch seen with context [(a / s)%Z] => fail | _ => idtac end;
    try tac a s;
    each_quotient_but (seen, (a / s)%Z) tac
  | _ => idtac
  end.
Ltac each_quotient tac := each_quotient_but tt tac.
Ltac exact_quotients := each_quotient ltac:(fun a s => is_var s; exactly a s); break.

(** Quotients of numbers whose difference is the divisor, or nothing. *)
Lemma neighbours a b s k : (0 < s -> a = b + k * s -> a / s = b / s + k /\ a mod s = b mod s)%Z.
Proof. intros H ->. rewrite Z.div_add, Z.mod_add by lia. split; reflexivity. Qed.
Ltac neighbour a b s :=
  tryif constr_eq a b then fail else
  first [ learn (neighbours a b s 0 ltac:(linear) ltac:(linear))
        | learn (neighbours a b s 1 ltac:(linear) ltac:(linear)) ].
Ltac all_neighbours :=
  repeat match goal with
  | A : context [(?a / ?s)%Z], B : context [(?b / ?s)%Z] |- _ =>
    lazymatch goal with
    | _ : (a / s = b / s + _ /\ _)%Z |- _ => fail
    | _ : (b / s = a / s + _ /\ _)%Z |- _ => fail
    | _ => neighbour a b s
    end
  end; break.

(** Quotients of what is equal. *)
Ltac congruence_of_quotients :=
  repeat match goal with
  | A : context [(?a / ?t)%Z], B : context [(?b / ?t)%Z] |- _ =>
    tryif constr_eq a b then fail else learn (f_equal (fun e => e / t)%Z (ltac:(linear) : a = b))
  end; cbn beta in *.

(** Products of what is not negative are not negative. *)
Lemma product_from_1 a b : (1 <= a -> 1 <= b -> a + b - 1 <= a * b)%Z.
Proof. nia. Qed.
Lemma product_from_0 a b : (0 <= a -> 0 <= b -> 0 <= a * b)%Z.
Proof. nia. Qed.
Ltac product_in e :=
  match e with context [(?a * ?b)%Z] =>
    is_var a; is_var b;
    lazymatch goal with
    | A : (1 <= a)%Z, B : (1 <= b)%Z |- _ => learn (product_from_1 a b A B)
    | A : (0 <= a)%Z, B : (1 <= b)%Z |- _ => learn (product_from_0 a b A (Z.le_trans 0 1 b Z.le_0_1 B))
    | A : (1 <= a)%Z, B : (0 <= b)%Z |- _ => learn (product_from_0 a b (Z.le_trans 0 1 a Z.le_0_1 A) B)
    | A : (0 <= a)%Z, B : (0 <= b)%Z |- _ => learn (product_from_0 a b A B)
    end
  end.
Ltac products :=
  repeat match goal with
  | |- ?G => product_in G
  | H : ?T |- _ => lazymatch type of T with Prop => product_in T end
  | H : (?i < ?n)%Z, _ : context [(?s * ?i)%Z] |- _ =>
    is_var s; is_var i; is_var n; first [occurs (s * n)%Z | occurs (n * s)%Z]; learn (multiplied_lt s i n ltac:(linear) H)
  end.

Ltac close := first [linear | multiplied].
Ltac positive_quotients := each_quotient ltac:(fun a s => learn (Z.div_pos a s ltac:(linear) ltac:(linear))).

(** Pose what may be needed beyond quotients and remainders; after that, [arith] has to find it in the context. *)
Ltac prepare := products; each_divisor multiply_by; divide; exact_quotients; positive_quotients.
Ltac arith := first [assumption | linear | multiplied | progress all_neighbours; close].
Ltac alone :=
  first
  [ assumption
  | linear
  | cases; divide; prepare; arith
  | nested_quotients; without_multiples; divide; all_neighbours; congruence_of_quotients; prepare; arith ].

(** ** Summands *)

Lemma same_cons (i j : Z) u v : i = j -> u = v -> i :: u = j :: v.
Proof. congruence. Qed.
Ltac same_index solver := repeat (apply same_cons; [solver|]); reflexivity.

(** Write the entries on the right as the equal ones on the left. *)
Ltac align solver :=
  repeat match goal with
  | |- ?ours = ?theirs =>
    match ours with context [?x (?i :: ?u)] =>
      lazymatch type of x with tensor _ => idtac | (list Z -> carrier _) => idtac end;
      match theirs with context [x (?j :: ?v)] =>
        tryif constr_eq (i :: u) (j :: v) then fail else
        replace (x (j :: v)) with (x (i :: u)) by (apply f_equal; same_index solver)
      end
    end
  end.
Ltac align_integers solver :=
  repeat match goal with
  | |- ?ours = ?theirs =>
    match ours with context [@integer ?R ?a] =>
      match theirs with context [integer ?b] =>
        tryif constr_eq a b then fail else replace (@integer R b) with (@integer R a) by (apply f_equal; solver)
      end
    end
  end.
(** Literal integers as what they are made of. *)
Ltac literals :=
  repeat match goal with
  | |- context [@integer ?R ?n] =>
    lazymatch isZcst n with true => idtac end;
    let sum := eval lazy beta iota zeta delta [integer positive_integer] in (@integer R n) in
    change (@integer R n) with sum
  end.
(** Sums and products in which integers are multiplied with their reciprocals. *)
Ltac reciprocals_in_sight :=
  repeat match goal with H : reciprocals ?inverse |- context [?inverse ?n] => learn (H n ltac:(lia)) end;
  repeat match goal with E : mul (integer _) _ = one |- _ => revert E end.
Ltac by_reciprocals :=
  reciprocals_in_sight; literals;
  let A := fresh "A" in let B := fresh "B" in let C := fresh "C" in
  first [intros A; ring [A] | intros A B; ring [A B] | intros A B C; ring [A B C]].
Ltac summands solver :=
  first [ring | align solver; first [ring | align_integers solver; ring | literals; ring | by_reciprocals]].

(** ** One pair of terms *)

Ltac computed := lazy beta iota zeta delta
  [every within all_hold holds Inside agree product box conditions factors rev_append map app length flat_map fst snd
   rename_box rename_condition rename_factors rename_term lift lifts drop
   single guard_term total_term times_term flatten flatten_of slope held option_map value_of].
Ltac split_all := repeat match goal with |- _ /\ _ => split end.
(** [tac]; where that fails, the end of it all, which says what is left to show. *)
Ltac or_say tac := first [tac | lazymatch goal with |- ?G => fail 9 "not shown:" G end].
Ltac conclude solver :=
  lazymatch goal with
  | |- True => exact I
  | |- @eq Z _ _ => solver
  | |- @eq _ _ _ => summands solver
  | |- _ => solver
  end.
Ltac simply := first [assumption | linear].
Ltac side :=
  computed; intros; break; divide;
  first [solve [split_all; conclude simply] | cases; divide; prepare; split_all; or_say ltac:(idtac; conclude arith)].

Ltac nth_of n l := lazymatch l with ?a :: ?rest => lazymatch n with O => constr:(a) | S ?m => nth_of m rest end end.

(** The [i]-th term on the left is the [j]-th one on the right: [f] maps the indices of the one to those of the other,
    [g] maps them back. *)
Ltac pair i j f g :=
  lazymatch goal with |- terms_value ?ts [] = terms_value ?us [] =>
    let a := nth_of i ts in let b := nth_of j us in
    let same := fresh "same" in
    assert (same : term_value a [] = term_value b []) by (refine (reindex a b f g _ _); side)
  end.

Ltac add_up :=
  cbn [terms_value];
  repeat match goal with H : term_value _ [] = _ |- _ => rewrite H; clear H end;
  ring.

(** ** Sizes *)

Ltac solve_sizes := first [exact I | reflexivity | lia | vm_compute; intuition discriminate].
Ltac solve_shapes := split_all; or_say ltac:(idtac; first [exact I | reflexivity | alone]).

Ltac solve_reads := split_all; intros; break; divide; or_say ltac:(idtac; alone).

(** ** The whole *)

Ltac written_out :=
  match goal with |- terms_value ?ts [] = terms_value ?us [] =>
    let a := eval lazy beta iota zeta delta [flatten_of flatten slope held option_map map flat_map app
      single guard_term total_term times_term box conditions factors
      rename_term rename_box rename_condition rename_factors length] in ts in
    let b := eval lazy beta iota zeta delta [flatten_of flatten slope held option_map map flat_map app
      single guard_term total_term times_term box conditions factors
      rename_term rename_box rename_condition rename_factors length] in us in
    change (terms_value a [] = terms_value b [])
  end.
(** After [rewrite slope_affine] or [slope_dual]: what is left is the equation of the slopes. *)
Ltac slopes := do 2 apply f_equal; rewrite flatten_value_of, flatten_value.
Ltac smoothly :=
  cbn [smooth];
  repeat match goal with |- _ /\ _ => split | |- forall _ : Z, _ => intro end;
  lazymatch goal with |- derivative _ _ => assumption | |- True => exact I | |- _ => reflexivity end.
