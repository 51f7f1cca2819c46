import type { Answers } from "./question";

/** Account. */
export const ACCOUNT_ANSWERS: Answers = {
  aws_caller_identity: ({ world }) => ({
    id: world.account,
    account_id: world.account,
    arn: `arn:aws:iam::${world.account}:user/offline`,
    user_id: "AIDAOFFLINEPLAN000000",
  }),
};
