/** Attributes that the provider marks sensitive, by type, data sources as `data.<type>`: Terraform hides their values. */
export const SENSITIVE: Readonly<Record<string, readonly string[]>> = {
  aws_db_instance: ["password"],
  aws_iam_access_key: ["secret", "ses_smtp_password_v4"],
  aws_rds_cluster: ["master_password"],
  aws_secretsmanager_secret_version: ["secret_string", "secret_binary"],
  aws_ssm_parameter: ["value"],
  aws_vpn_connection: ["customer_gateway_configuration", "tunnel1_preshared_key", "tunnel2_preshared_key"],
  "data.aws_eks_cluster_auth": ["token"],
  "data.aws_instance": ["user_data", "user_data_base64"],
  "data.aws_secretsmanager_secret_version": ["secret_string", "secret_binary"],
  "data.aws_ssm_parameter": ["value"],
  "data.aws_ssm_parameters_by_path": ["values"],
};
