//! Statements.

use quote::quote;
use syn::{Expr, ExprMethodCall, Local, Pat, Stmt, Type};

use super::blocks::diverges_alone;
use super::outcomes::{Binding, binding, known_call, result_pattern};
use super::unknown::not_understood;
use super::{Flow, Group, Kind, Of, Size};
use crate::ir::{Action, Target};
use crate::path::{is_drop, is_new};
use crate::pure::{Reason, identifiers, is_plain};

impl Group {
    /// Adds a statement of the block that the group is in.
    ///
    /// The group is of no use any more if that fails.
    pub(crate) fn add(&mut self, statement: &Stmt) -> Result<(), Reason> {
        if self.statement(statement)? == Flow::Never {
            self.ended = true;
        }
        self.statements.push(statement.clone());
        Ok(())
    }

    pub(super) fn statement(&mut self, statement: &Stmt) -> Result<Flow, Reason> {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(expr, semicolon) => self.expression(statement, expr, semicolon.is_some()),
            Stmt::Item(item) => Err(Reason::new(item, "items are left as they are")),
            Stmt::Macro(called) if self.depth > 0 && diverges_alone(statement) => {
                let exit = self.written(quote!(#called), false)?;
                self.assembly.jump(exit);
                Ok(Flow::Never)
            }
            Stmt::Macro(called) => Err(Reason::new(called, "what this macro does is not known")),
        }
    }

    fn local(&mut self, local: &Local) -> Result<Flow, Reason> {
        if let Some(attribute) = local.attrs.first() {
            return Err(Reason::new(
                attribute,
                "statements with attributes are left as they are",
            ));
        }
        let Some(init) = &local.init else {
            return Err(Reason::new(
                local,
                "a variable without a value is left as it is",
            ));
        };
        if let Some((_, otherwise)) = &init.diverge {
            return self.let_else(local, &init.expr, otherwise);
        }
        let (pat, of) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        let bound = binding(pat);
        if let Expr::Try(question) = &*init.expr
            && let Some((call, known)) = known_call(&question.expr)
        {
            let Some(bound) = bound else {
                return Err(Reason::new(
                    pat,
                    "a batch can bind a result to a name, or to `_`",
                ));
            };
            self.question_mark(call, known, &bound, pat)?;
            return Ok(Flow::On);
        }
        if let Some((call, known)) = known_call(&init.expr) {
            match bound {
                Some(Binding::Nothing) if matches!(pat, Pat::Wild(_)) => {
                    self.ignored(call, known)?;
                }
                Some(Binding::Name(name, mutability)) => {
                    self.outcome(call, known, name, mutability)?;
                }
                _ => return Err(Reason::new(pat, "a batch can bind a `Result` to a name")),
            }
            return Ok(Flow::On);
        }
        if let Expr::Call(call) = &*init.expr
            && is_new(call)
        {
            self.directory(local, call)?;
            return Ok(Flow::On);
        }
        if let (Expr::Match(match_), Some(Binding::Name(name, mutability))) = (&*init.expr, &bound)
        {
            return self.matched(match_, Some((*name, *mutability)));
        }
        let Some(Binding::Name(name, mutability)) = bound else {
            return Err(not_understood(&init.expr));
        };
        if let Some(found) = self.file_type(&init.expr)? {
            let slot = self.assembly.operation(Action::Set, [found]);
            self.declare(name.clone(), mutability, Kind::FileType, slot);
            return Ok(Flow::On);
        }
        if let Some(number) = self.result(&init.expr)? {
            let Some(of) = number.of else {
                return Err(Reason::new(
                    &init.expr,
                    "the type of this number is not known",
                ));
            };
            let slot = self.assembly.operation(Action::Set, [number.operand]);
            let size = match mutability {
                Some(_) => self.size_of(name, number.size),
                None => number.size,
            };
            self.declare(name.clone(), mutability, Kind::Number { of, size }, slot);
            return Ok(Flow::On);
        }
        if mutability.is_some()
            && let Some((slot, width)) = self.count_from(&init.expr, of)
        {
            let (of, size) = (Of::Width(width), self.size_of(name, Size::Half));
            self.declare(name.clone(), mutability, Kind::Number { of, size }, slot);
            return Ok(Flow::On);
        }
        self.hoist(local, &init.expr, &name.to_string(), of)
    }

    /// How large what is in a variable can become, that is so large at first.
    fn size_of(&self, name: &proc_macro2::Ident, size: Size) -> Size {
        if self.surroundings.large.contains(&name.to_string()) {
            return Size::Any;
        }
        size.max(Size::Half)
    }

    /// Has a declaration come before the batch, where nobody can tell.
    fn hoist(
        &mut self,
        local: &Local,
        value: &Expr,
        name: &str,
        of: Option<&Type>,
    ) -> Result<Flow, Reason> {
        if self.depth > 0 || !is_plain(value) {
            return Err(Reason::new(
                value,
                "this is evaluated between the calls; put it before them",
            ));
        }
        let found = identifiers(value);
        let results = self
            .variables
            .iter()
            .any(|v| found.contains(&v.name.to_string()));
        let works = found.iter().any(|name| self.works_on(name));
        let taken = self.variables.iter().any(|v| v.name == name)
            || self
                .statements
                .iter()
                .any(|s| identifiers(s).contains(name));
        if results || works || taken {
            return Err(Reason::new(
                local,
                "this declaration cannot come before the calls above it, which have the same \
                 name, or something that it has",
            ));
        }
        self.hoisted_mentions.extend(found);
        self.hoisted_mentions
            .extend(of.map(identifiers).unwrap_or_default());
        self.evaluated.extend(self.hoisted_mentions.iter().cloned());
        self.hoisted_names.insert(name.to_owned());
        self.hoisted.push(Stmt::Local(local.clone()));
        self.hoisted_from.insert(self.statements.len());
        Ok(Flow::On)
    }

    /// `let Ok(value) = call else { … };`
    fn let_else(&mut self, local: &Local, expr: &Expr, otherwise: &Expr) -> Result<Flow, Reason> {
        let Some((call, known)) = known_call(expr) else {
            return Err(not_understood(expr));
        };
        let (true, inner) = result_pattern(&local.pat)? else {
            return Err(Reason::new(
                &local.pat,
                "here a batch needs `Ok` with a name in it",
            ));
        };
        let Some(bound) = binding(inner) else {
            return Err(Reason::new(
                inner,
                "a batch can bind a result to a name, or to `_`",
            ));
        };
        let called = self.call(call, known)?;
        let [failure, end] = [(); 2].map(|()| self.assembly.label());
        self.fails(&called, Target::To(failure));
        self.assembly.jump(Target::To(end));
        self.assembly.place(failure);
        if self.branch(otherwise)? == Flow::On {
            return Err(Reason::new(otherwise, "here a batch needs a way out"));
        }
        self.assembly.place(end);
        self.bind(&called, &bound, &local.pat)?;
        Ok(Flow::On)
    }

    fn expression(&mut self, whole: &Stmt, expr: &Expr, ends: bool) -> Result<Flow, Reason> {
        match expr {
            Expr::Try(question) => {
                let Some((call, known)) = known_call(&question.expr) else {
                    return Err(not_understood(expr));
                };
                if !ends {
                    return Err(Reason::new(expr, "the value of a block is left as it is"));
                }
                let nothing = Binding::Nothing;
                let pat: Pat = syn::parse_quote!(_);
                self.question_mark(call, known, &nothing, &pat)?;
                Ok(Flow::On)
            }
            Expr::MethodCall(method) if ends && method.method == "ok" => self.ok(method),
            Expr::Call(call) if ends => self.drop_call(call),
            Expr::Assign(assign) if matches!(&*assign.left, Expr::Infer(_)) => {
                let Some((call, known)) = known_call(&assign.right) else {
                    return Err(not_understood(&assign.right));
                };
                self.ignored(call, known)?;
                Ok(Flow::On)
            }
            Expr::Binary(binary) if matches!(binary.op, syn::BinOp::AddAssign(_)) => {
                self.add_assign(binary)?;
                Ok(Flow::On)
            }
            Expr::If(if_) => match &*if_.cond {
                Expr::Let(let_) => {
                    let otherwise = if_.else_branch.as_ref().map(|(_, other)| &**other);
                    self.if_let(let_, &if_.then_branch, otherwise)
                }
                _ => self.if_(if_),
            },
            Expr::Match(match_) => self.matched(match_, None),
            Expr::Loop(loop_) => {
                let left = self.loop_(loop_.label.as_ref(), None, &loop_.body)?;
                Ok(if left { Flow::On } else { Flow::Never })
            }
            Expr::While(while_) => {
                let label = while_.label.as_ref();
                match &*while_.cond {
                    Expr::Let(let_) => self.while_let(label, let_, &while_.body)?,
                    condition => {
                        self.loop_(label, Some(condition), &while_.body)?;
                    }
                }
                Ok(Flow::On)
            }
            Expr::ForLoop(for_) => {
                self.for_(for_)?;
                Ok(Flow::On)
            }
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) if self.depth > 0 => {
                self.way_out(whole, expr)
            }
            Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
                self.scope(&block.block.stmts, &block.block, |_| Ok(()))
            }
            other => Err(not_understood(other)),
        }
    }

    /// `call.ok();`
    fn ok(&mut self, method: &ExprMethodCall) -> Result<Flow, Reason> {
        match known_call(&method.receiver) {
            Some((call, known)) if method.args.is_empty() => {
                self.ignored(call, known)?;
                Ok(Flow::On)
            }
            _ => Err(not_understood(&method.receiver)),
        }
    }

    /// `drop(descriptor);`
    fn drop_call(&mut self, call: &syn::ExprCall) -> Result<Flow, Reason> {
        if is_drop(call)
            && let Some(Expr::Path(argument)) = call.args.first()
            && let Some(name) = argument.path.get_ident()
        {
            let depth = self.depth;
            let found = self.variables.iter_mut().rev().find(|v| v.name == *name);
            return match found {
                Some(variable)
                    if variable.live
                        && variable.kind == Kind::Descriptor
                        && variable.depth == depth =>
                {
                    variable.live = false;
                    let slot = variable.slot;
                    self.assembly.close(slot);
                    Ok(Flow::On)
                }
                Some(_) => Err(Reason::new(
                    call,
                    format!("`{name}` is dropped here in one branch only, or is no descriptor"),
                )),
                None => Err(Reason::new(
                    call,
                    format!("`{name}` is not a descriptor that this batch has opened"),
                )),
            };
        }
        if known_call(&Expr::Call(call.clone())).is_some() {
            return Err(Reason::new(
                call,
                "the result of this call is not used; use `?`, or `let _ =` if an error does not \
                 matter",
            ));
        }
        Err(not_understood(&Expr::Call(call.clone())))
    }

    fn if_(&mut self, if_: &syn::ExprIf) -> Result<Flow, Reason> {
        let [then, otherwise, end] = [(); 3].map(|()| self.assembly.label());
        self.condition(&if_.cond, then, otherwise)?;
        self.assembly.place(then);
        let mut flow = self.scope(&if_.then_branch.stmts, &if_.then_branch, |_| Ok(()))?;
        if flow == Flow::On {
            self.assembly.jump(Target::To(end));
        }
        self.assembly.place(otherwise);
        match &if_.else_branch {
            Some((_, branch)) => {
                if self.branch(branch)? == Flow::On {
                    flow = Flow::On;
                }
            }
            None => flow = Flow::On,
        }
        self.assembly.place(end);
        Ok(flow)
    }

    /// What is after `else`.
    pub(super) fn branch(&mut self, branch: &Expr) -> Result<Flow, Reason> {
        match branch {
            Expr::Block(block) => self.scope(&block.block.stmts, &block.block, |_| Ok(())),
            Expr::If(_) => {
                let whole = Stmt::Expr(branch.clone(), None);
                self.scope(&[whole], branch, |_| Ok(()))
            }
            other => Err(not_understood(other)),
        }
    }
}
